"""``portal send``: send callouts at a receiver as the portal does, and judge its answers. It needs no database."""

from typing import Any

import click

from portal.cli.send_pairs import MOST_ATTEMPTS, PAIRS
from portal.core.callouts import RESEND_ANY, RESEND_CHOICES

_OPTIONS: tuple[click.Parameter, ...] = (
    click.Argument(["url"]),
    click.Option(
        ["--pair", "pairs"],
        multiple=True,
        type=click.Choice(list(PAIRS)),
        help="How it is sent; name-value-post unless given. More than one can be.",
    ),
    click.Option(
        ["--field", "fields"],
        multiple=True,
        metavar="NAME=VALUE",
        help="One of the seven values, in place of the usual one.",
    ),
    click.Option(
        ["--matrix", "whole_matrix"],
        is_flag=True,
        help="Send each pair (or those chosen) with each set of values, hard ones among them.",
    ),
    click.Option(
        ["--cases", "file"],
        type=click.File("rb"),
        help="Send what a JSON file says; - is the standard input.",
    ),
    click.Option(["--method"], default="", help="The callout's Method Name, for SOAP and XML-RPC."),
    click.Option(
        ["--soap-action"],
        default="",
        help="The callout's SOAP Action. The namespace is this without the Method Name.",
    ),
    click.Option(["--namespace"], default="", help="The namespace, where it is another."),
    click.Option(
        ["--username"],
        default="",
        envvar="PORTAL_SEND_USERNAME",
        show_envvar=True,
        help="Sent as HTTP Basic.",
    ),
    click.Option(
        ["--password"],
        default="",
        envvar="PORTAL_SEND_PASSWORD",
        show_envvar=True,
        help="Better in the environment: others see a command's options.",
    ),
    click.Option(
        ["--signing-secret", "signing_secrets"],
        multiple=True,
        envvar="PORTAL_SEND_SIGNING_SECRET",
        show_envvar=True,
        help="Sign as Standard Webhooks says. Give two, the newer first, to try a change of secrets.",
    ),
    click.Option(
        ["--webhook-id"],
        default="",
        help="Send under this id, as a resend of it would be. New and random unless given.",
    ),
    click.Option(
        ["--attempt"],
        type=click.IntRange(1, MOST_ATTEMPTS),
        default=1,
        show_default=True,
        help="Which attempt this is.",
    ),
    click.Option(
        ["--times"],
        type=click.IntRange(1, 100),
        default=1,
        show_default=True,
        help="Send each so often in a row, under one webhook-id: receivers must bear repeats.",
    ),
    click.Option(
        ["--resend-after"],
        type=click.Choice(list(RESEND_CHOICES)),
        default=RESEND_ANY,
        show_default=True,
        help="What the callout is resent after: any error, or only what may pass.",
    ),
    click.Option(
        ["--resend-seconds"],
        type=click.IntRange(0, 86_400),
        default=60,
        show_default=True,
        help="The portal's pause before a resend.",
    ),
    click.Option(
        ["--resend-limit"],
        type=click.IntRange(0, 1000),
        default=10,
        show_default=True,
        help="How often it resends.",
    ),
    click.Option(
        ["--timeout"],
        type=click.IntRange(1, 300),
        default=30,
        show_default=True,
        help="Seconds for a callout and its answer.",
    ),
    click.Option(
        ["--insecure"], is_flag=True, help="Don't verify the receiver's certificate. A portal always does."
    ),
    click.Option(["--show-request"], is_flag=True, help="Show each request as it is sent."),
    click.Option(["--dry-run"], is_flag=True, help="Show the requests, and send none."),
    click.Option(["--json", "as_json"], is_flag=True, help="Report as JSON."),
)
_HELP = """Send ticket callouts to URL as a portal does, and say what it would make of the answers.

\b
  portal send https://rmm.example/callouts --field udf=ALERT-1
  portal send https://rmm.example/soap --pair soap --method TicketChanged \\
      --soap-action http://tempuri.org/TicketChanged
  portal send https://rmm.example/callouts --pair name-value-get --matrix --json

Exits with 0 if all were delivered, 1 if some were not, 2 if it was asked wrongly.
"""


def _run(**options: Any) -> None:
    from portal.cli.sending import run  # noqa: PLC0415 - keeps `portal --help` quick

    run(options)


send = click.Command(
    "send",
    params=list(_OPTIONS),
    callback=_run,
    help=_HELP,
    short_help="Send callouts, and judge the answers.",
)
