"""Who is told of what: notices, channels, one outbox of messages, SMTP."""
