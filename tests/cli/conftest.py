"""Commands run in this process, on the app's database and Redis."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal.cli import portal
from portal.db.engine import db
from tests.delivery.conftest import callout, drain, receiver  # noqa: F401 - fixtures


@pytest.fixture
def run(app: Flask, environ: dict[str, str]) -> Callable[..., Result]:
    """Run `portal` with arguments, as another process would."""

    def invoke(*arguments: object) -> Result:
        db.session.commit()  # a test's own transaction would hold SQLite's write lock
        done = CliRunner().invoke(portal, [str(each) for each in arguments], env=environ)
        db.session.expire_all()
        return done

    return invoke


@pytest.fixture
def told(run: Callable[..., Result]) -> Callable[..., Any]:
    """Run `portal … --json`, and read what it printed."""

    def invoke(*arguments: object) -> Any:
        done = run(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return invoke
