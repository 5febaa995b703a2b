"""A ticket's change, its notes and its history. Knows no rules."""
