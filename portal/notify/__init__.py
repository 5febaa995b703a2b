"""Notifications: notices, channels, one outbox of messages, SMTP."""
