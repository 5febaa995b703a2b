"""The web services API that monitoring systems call: one package a protocol, over the same entities."""

from flask import Flask

from portal.api.paths import AnyCase
from portal.api.rest import views as rest
from portal.api.soap import views as soap

# They ask for credentials themselves, or only say that nothing is there.
PUBLIC_ENDPOINTS = frozenset({"atws.service", "atws.wsdl", "atws.unknown", "rest.unknown"})


def init_app(app: Flask) -> None:
    """Register the API's endpoints. Each blueprint has the error handlers of its protocol."""
    app.url_map.converters["anycase"] = AnyCase
    for blueprint in (soap.blueprint, rest.blueprint):
        app.register_blueprint(blueprint)
