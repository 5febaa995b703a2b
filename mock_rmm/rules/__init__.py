"""What makes receivers answer otherwise than they should: faults, rules that apply them, scenarios of rules."""
