"""The web services API that monitoring systems call: one package a way in, over the same entities."""

from flask import Flask

from portal.api.soap import views as soap


def init_app(app: Flask) -> None:
    """Mount the API's endpoints."""
    app.register_blueprint(soap.blueprint)
