"""The guarded HTTP client: connections, addresses, answers."""
