"""The command `mock-rmm send`."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click

from mock_rmm.sending.as_json import letter_json, report_json
from mock_rmm.sending.cases import Wanted, WrongCases, from_file, from_options, matrix, read_field
from mock_rmm.sending.http import tls_context
from mock_rmm.sending.letter import Case, Keys
from mock_rmm.sending.options import PARAMETERS, Given
from mock_rmm.sending.report import Tally, heading, lines_of, request_lines, summary
from mock_rmm.sending.request import Target
from mock_rmm.sending.sender import Sender
from mock_rmm.sending.signing import secret_problem
from mock_rmm.sending.verdict import Policy

NOT_ALL = 1
LARGEST_FILE = 16 * 1024 * 1024
_UNUSUAL = re.compile(r"[^ -~\n]")


HELP = """Send ticket callouts to URL as a portal does, and say what it would make of the answers.

\b
  mock-rmm send https://rmm.example/callouts --field udf=ALERT-1
  mock-rmm send https://rmm.example/soap --pair soap --method TicketChanged \\
      --soap-action http://tempuri.org/TicketChanged
  mock-rmm send https://rmm.example/callouts --pair name-value-get --matrix --json

Exits with 0 if all were delivered, 1 if some were not, 2 if it was asked wrongly.
"""


def run(**options: Any) -> None:
    given = Given(**options)
    wanted = Wanted(
        target=Target(given.url, given.method, given.soap_action, given.namespace),
        pairs=tuple(dict.fromkeys(given.pairs)),
        fields=_fields(given.fields),
        webhook_id=given.webhook_id,
        attempt=given.attempt,
        times=given.times,
    )
    sender = Sender(
        keys=_keys(given),
        policy=Policy(given.resend_seconds, given.resend_limit, passing_only=given.resend_after == "passing"),
        seconds=given.timeout,
        context=tls_context(insecure=given.insecure),
        clock=lambda: datetime.now(UTC),
    )
    cases = _cases(given, wanted)
    # A terminal of another charset shows question marks rather than a traceback
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a text file, as click's own are
    if given.dry_run:
        _show(sender, cases, given)
    else:
        _send(sender, cases, given)


def _fields(texts: Iterable[str]) -> dict[str, str]:
    try:
        return dict(map(read_field, texts))
    except ValueError as error:
        raise click.UsageError(f"--field {error}") from error


def _keys(given: Given) -> Keys:
    if ":" in given.username:
        raise click.UsageError("--username holds a colon, which HTTP Basic can't carry.")
    for secret in given.signing_secrets:
        if problem := secret_problem(secret):
            raise click.UsageError(problem)
    return Keys(given.username, given.password, given.signing_secrets)


def _cases(given: Given, wanted: Wanted) -> list[Case]:
    if given.file is not None and given.whole_matrix:
        raise click.UsageError("Give --cases or --matrix, not both.")
    try:
        if given.file is not None:
            return from_file(_read(given.file), wanted)
        return matrix(wanted) if given.whole_matrix else from_options(wanted)
    except WrongCases as wrong:
        raise click.UsageError("\n".join(wrong.problems)) from wrong
    except UnicodeDecodeError as error:
        raise click.UsageError("The file of cases isn't UTF-8.") from error


def _read(file: BinaryIO) -> str:
    text = file.read(LARGEST_FILE + 1)
    if len(text) > LARGEST_FILE:
        raise click.UsageError(f"The file of cases is too large: {LARGEST_FILE:,} bytes are the most.")
    return text.decode("utf-8-sig")


def _send(sender: Sender, cases: Sequence[Case], given: Given) -> None:
    tally, kept = Tally(), []
    for letter in sender.letters(cases):
        each = sender.send(letter)
        tally.add(each)
        if given.as_json:
            kept.append(each)
        else:
            lines = list(lines_of(each, sender.keys, sender.policy))
            lines[1:1] = request_lines(letter) if given.show_request else ()
            click.echo("\n".join([*lines, ""]))
    click.echo(
        _text(report_json(kept, sender.keys, sender.policy)) if given.as_json else "\n".join(summary(tally))
    )
    if tally.delivered < tally.sent:
        click.get_current_context().exit(NOT_ALL)


def _show(sender: Sender, cases: Sequence[Case], given: Given) -> None:
    letters = sender.letters(cases)
    if given.as_json:
        click.echo(_text({"callouts": [letter_json(each) for each in letters]}))
        return
    for letter in letters:
        click.echo("\n".join([heading(letter), *request_lines(letter), ""]))


def _text(document: object) -> str:
    """Write JSON with what a terminal can't show as escapes: an answer may hold all sorts, even lone surrogates."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return _UNUSUAL.sub(
        lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text
    )


send = click.Command(
    "send", params=PARAMETERS, callback=run, help=HELP, short_help="Send callouts, and judge the answers."
)
