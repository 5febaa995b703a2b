"""Pages are tested without CSRF tokens; tests/web/test_conventions.py shows that they are asked for."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.models import Resource
from tests.conftest import sign_in
from tests.web.browser import context, page, plain_page, portal  # noqa: F401 - fixtures


@pytest.fixture
def app(app: Flask) -> Flask:
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def as_admin(client: FlaskClient, admin: Resource) -> FlaskClient:
    sign_in(client, admin)
    return client


@pytest.fixture
def as_technician(client: FlaskClient, technician: Resource) -> FlaskClient:
    sign_in(client, technician)
    return client
