"""The service desk's use cases: what pages and the web services API both do, with the same checks."""
