"""The command `mock-rmm`: it serves unless it is told otherwise."""

import click

from mock_rmm.starting import serve as start


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(package_name="roundtrip", prog_name="mock-rmm")
@click.pass_context
def mock_rmm(context: click.Context) -> None:
    """A stand-in for the receiver of ticket callouts.

    Without a command it serves. docs/mock-rmm.md is the manual.
    """
    if context.invoked_subcommand is None:
        start()


@mock_rmm.command(short_help="Receive callouts; the command if none is given.")
def serve() -> None:
    """Receive callouts until Ctrl-C; this is what `mock-rmm` alone does too.

    Its settings are environment variables, such as MOCK_RMM_PORT: the manual lists them.
    """
    start()


@mock_rmm.command(hidden=True, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def send(arguments: tuple[str, ...]) -> None:
    """Say where this command went."""
    del arguments
    raise click.UsageError("This is `portal send` now, with the same options. Nothing was sent.")
