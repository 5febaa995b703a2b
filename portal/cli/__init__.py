"""The console script ``portal``."""

import sys

import click

from portal.cli.deliveries import deliveries
from portal.cli.demo import demo
from portal.cli.prune import prune
from portal.cli.send import send
from portal.cli.startup import portal_at_hand, settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def portal() -> None:
    """A service desk portal whose extension callouts close the loop with a monitoring system."""


@portal.command()
@click.option("--dev", is_flag=True, help="Serve the pages with reload and debugger; not for production.")
def run(dev: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Start the portal, its workers, the mock RMM and what they need; Ctrl-C ends all of it."""
    from portal.runtime import stack  # noqa: PLC0415 - keeps `portal --help` quick
    from portal.runtime.embedded import NoServerProgram  # noqa: PLC0415
    from portal.runtime.supervisor import NotReady  # noqa: PLC0415

    try:
        stack.run(settings(), click.echo, dev=dev)
    except (stack.CannotStart, NoServerProgram, NotReady) as error:
        raise click.ClickException(str(error)) from error


@portal.command()
def prepare() -> None:
    """Migrate the database and make the first administrator; for production, before the processes start."""
    from portal.runtime import stack  # noqa: PLC0415

    try:
        prepared = stack.prepare(settings())
    except stack.CannotStart as error:
        raise click.ClickException(str(error)) from error
    if prepared.admin and not prepared.password_was_given:
        click.echo(f"Administrator {prepared.admin}, password {prepared.password} (shown once)")
    click.echo("The database is up to date.")


@portal.command()
def serve() -> None:
    """Serve the pages and the API only, where workers, Redis and the database run elsewhere."""
    import os  # noqa: PLC0415

    from portal.runtime import stack  # noqa: PLC0415

    command = stack.web_command(settings())
    os.execv(command[0], command)  # noqa: S606 - the command is ours


@portal.command("create-admin")
@click.argument("user_name")
@click.password_option()
def create_admin(user_name: str, password: str) -> None:
    """Make USER_NAME an active administrator with a new password, whether it exists or not."""
    from portal.db.engine import db  # noqa: PLC0415
    from portal.desk.passwords import hash_password, password_problem  # noqa: PLC0415
    from portal.desk.seed import make_admin  # noqa: PLC0415

    problem = password_problem(password)
    if problem:
        raise click.ClickException(problem)
    with portal_at_hand():
        password_hash = hash_password(password)
        make_admin(db.session(), user_name, password_hash)
        db.session.commit()
    click.echo(f"{user_name} is an administrator. Older sessions have ended.")


@portal.command("rotate-credentials")
def rotate_credentials() -> None:
    """Encrypt callouts' passwords and signing secrets again, with the first of PORTAL_CREDENTIAL_KEYS.

    Older keys can go afterwards.
    """
    from portal.db.engine import db  # noqa: PLC0415
    from portal.db.services import services  # noqa: PLC0415
    from portal.desk.callouts import rotate_secrets  # noqa: PLC0415

    with portal_at_hand():
        done, unreadable = rotate_secrets(db.session(), services().credentials.rotate)
        db.session.commit()
    click.echo(f"Passwords and signing secrets encrypted again with the first key: {done}.")
    if unreadable:
        names = ", ".join(unreadable)
        raise click.ClickException(
            f"None of the keys opens what is stored for: {names}. Enter these passwords and signing secrets again."
        )


@portal.command()
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def verify(as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Prove the round trip on a private stack: every pair, and every kind of trouble. Exits 0 if all passed."""
    from portal.verify import verify as prove  # noqa: PLC0415

    sys.exit(0 if prove(as_json=as_json) else 1)


@portal.command("check-migrations")
def check_migrations() -> None:
    """Fail unless the migrations make exactly the tables of the models."""
    import tempfile  # noqa: PLC0415

    import flask_migrate  # noqa: PLC0415

    from portal import create_app  # noqa: PLC0415
    from portal.settings import Settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        private = Settings.from_env({"PORTAL_INSTANCE": folder})
        with create_app(private).app_context():
            flask_migrate.upgrade()
            flask_migrate.check()


portal.add_command(deliveries)
portal.add_command(prune)
portal.add_command(demo)
portal.add_command(send)


def main() -> None:
    portal(prog_name="portal")
