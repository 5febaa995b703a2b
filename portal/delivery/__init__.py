"""Deliveries: the outbox that holds them, the drain that sends them, and the notifications at their end."""
