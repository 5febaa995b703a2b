"""The endpoints that receive callouts: one kind for each format, and receivers that give them addresses and contracts."""
