"""The command `mock-rmm`: it serves unless it is told otherwise, or says why it can't start."""

import errno
import os
import socket

import click

from mock_rmm.journal.store import Store, Unusable
from mock_rmm.settings import Settings, WrongSettings

WRONG_SETTINGS = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(package_name="roundtrip", prog_name="mock-rmm")
@click.pass_context
def mock_rmm(context: click.Context) -> None:
    """A stand-in for the receiver of ticket callouts.

    Without a command it serves. docs/mock-rmm.md is the manual.
    """
    if context.invoked_subcommand is None:
        _start()


@mock_rmm.command(short_help="Receive callouts; the command if none is given.")
def serve() -> None:
    """Receive callouts until Ctrl-C; this is what `mock-rmm` alone does too.

    Its settings are environment variables, such as MOCK_RMM_PORT: the manual lists them.
    """
    _start()


@mock_rmm.command(hidden=True, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("_arguments", nargs=-1, type=click.UNPROCESSED)
def send(_arguments: tuple[str, ...]) -> None:
    """Say where this command went."""
    raise click.UsageError("This is `portal send` now, with the same options. Nothing was sent.")


def _start() -> None:
    try:
        settings = Settings.from_env(os.environ)
        _take_address(settings)
        Store(settings.journal).close()
    except WrongSettings as wrong:
        problems = wrong.problems
    except Unusable as unusable:
        problems = [f"{unusable} Set MOCK_RMM_JOURNAL to it, or to memory."]
    else:
        # After the settings: these take a second to import, and a typing error should be reported at once
        from mock_rmm.server import Server  # noqa: PLC0415

        Server(settings).run()
        return
    for problem in problems:
        click.echo(f"mock-rmm can't start: {problem}", err=True)
    raise SystemExit(WRONG_SETTINGS)


def _take_address(settings: Settings) -> None:
    """Raise WrongSettings if the address can't be listened at: gunicorn would try for five seconds and say less."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        advice = f"can't be listened at ({error.strerror}). Set MOCK_RMM_HOST and MOCK_RMM_PORT to what can."
        if error.errno == errno.EADDRINUSE:
            advice = "is taken. Stop what listens there, or set MOCK_RMM_PORT to another port."
        raise WrongSettings([f"{where} {advice}"]) from None
