"""Commands run in this process, on the app's database and Redis."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result
from flask import Flask

from portal.cli import portal
from portal.extensions import db
from tests.delivery.conftest import callout, drain, receiver  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def kept_logging() -> Iterator[None]:
    """A command configures logging for its own process."""
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()


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
