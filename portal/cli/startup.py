"""What every command begins with."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from portal.logs import configure_logging
from portal.settings import Settings, SettingsError


def settings() -> Settings:
    """Read the settings, or end with what is wrong with them."""
    try:
        found = Settings.from_env()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    configure_logging(found.log_format)
    return found


@contextmanager
def portal_at_hand() -> Iterator[None]:
    """Work on the portal's database, beside the running portal; its troubles end the command in a sentence."""
    from sqlalchemy.exc import DatabaseError  # noqa: PLC0415 - keeps `portal --help` quick

    from portal import create_app  # noqa: PLC0415
    from portal.db.engine import db  # noqa: PLC0415

    found = settings()
    app = create_app(found)
    # a command answers in sentences; only what went wrong beside them is logged
    configure_logging(found.log_format, logging.WARNING)
    try:
        with app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()
    except DatabaseError as error:
        said = " ".join(str(error.orig).split())
        raise click.ClickException(
            f"The database can't be used ({said}). Check DATABASE_URL and PORTAL_INSTANCE, that its server runs, "
            "and that `portal prepare` was run."
        ) from error
