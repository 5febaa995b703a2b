"""The endpoints that receive callouts, one kind a format, and receivers that give them addresses and contracts."""
