"""Who is told of what: channels, one outbox of messages, SMTP."""
