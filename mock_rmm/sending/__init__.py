"""Sends the documented callouts at a receiver, and says what a portal would make of its answers."""
