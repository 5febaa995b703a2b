"""The peers: what one job a delivery costs with other queues. Each records its attempt in the portal's own tables."""
