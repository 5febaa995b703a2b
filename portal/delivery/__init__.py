"""Deliveries: the outbox that holds them, the drain that sends them, and what is told at their end."""
