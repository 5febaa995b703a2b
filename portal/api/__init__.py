"""The web services API that monitoring systems call."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Mount the API's endpoints."""
