"""The pages, and the routes of the endpoints."""
