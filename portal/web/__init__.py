"""The portal's pages: one blueprint file a noun, and this literal list of them."""

from flask import Blueprint, Flask

from portal.web import (
    access,
    auth,
    bulk,
    callouts,
    companies,
    dashboard,
    deliveries,
    errors,
    home,
    lists,
    mail,
    monitoring,
    once,
    presenting,
    profile,
    request_log,
    resources,
    rules,
    security,
    tickets,
    udfs,
)
from portal.web.finding import RowIdConverter

BLUEPRINTS: tuple[Blueprint, ...] = (
    auth.blueprint,
    home.blueprint,
    dashboard.blueprint,
    tickets.blueprint,
    deliveries.blueprint,
    bulk.blueprint,
    callouts.blueprint,
    rules.blueprint,
    udfs.blueprint,
    resources.blueprint,
    companies.blueprint,
    lists.blueprint,
    mail.blueprint,
    profile.blueprint,
    monitoring.blueprint,
)


def init_app(app: Flask, public: frozenset[str]) -> None:
    """Register the pages, and what holds for all of them. ``public`` are the API's endpoints that need no session."""
    app.url_map.converters["int"] = RowIdConverter
    request_log.init_app(app)
    access.init_app(app, public)
    security.init_app(app)
    errors.init_app(app)
    presenting.init_app(app)
    once.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
