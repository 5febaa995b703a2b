"""What makes receivers answer otherwise than they should: faults, rules that apply them, and scenarios made of rules."""
