"""Pages are tested without CSRF tokens; tests/web/test_conventions.py shows that they are asked for."""

from collections.abc import Iterator

import pytest
from flask import Flask, g, request_started
from flask.testing import FlaskClient

from portal.models import Resource
from tests.conftest import sign_in
from tests.delivery.conftest import callout, drain, moved_clock, receiver  # noqa: F401 - fixtures
from tests.web.browser import context, desk, page, plain_page, portal  # noqa: F401 - fixtures


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    app.config["WTF_CSRF_ENABLED"] = False
    with request_started.connected_to(_forget, app):
        yield app


def _forget(_app: Flask) -> None:
    """Requests of a test share its app context; real ones share nothing, who is signed in least of all."""
    for name in list(g):
        g.pop(name)


@pytest.fixture
def as_admin(client: FlaskClient, admin: Resource) -> FlaskClient:
    sign_in(client, admin)
    return client


@pytest.fixture
def as_technician(client: FlaskClient, technician: Resource) -> FlaskClient:
    sign_in(client, technician)
    return client
