"""Sends what ``portal send`` was asked to, rendered, sent and judged as the portal does."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from ipaddress import ip_network
from typing import Any, BinaryIO

import click

from portal import clock
from portal.callouts.judge import judge
from portal.callouts.redaction import redact_outcome
from portal.callouts.render import render
from portal.callouts.secrets import Secrets
from portal.callouts.signing import secret_problem
from portal.cli import send_cases, send_report
from portal.cli.send_cases import Case
from portal.cli.send_report import Sent
from portal.core.addresses import Allowed
from portal.core.verdicts import Policy, Refused
from portal.core.wire import FIELD_NAMES, Request
from portal.http.client import Client, Limits

_NOT_ALL = 1
_LARGEST_FILE = 16 * 1024 * 1024
_CONNECT_SECONDS = 5
# whoever types a URL here may reach it anyhow
_ANYWHERE = Allowed((ip_network("0.0.0.0/0"), ip_network("::/0")))


def run(options: dict[str, Any]) -> None:
    """Send, or only show, what the options of the command say."""
    secrets, cases = _secrets(options), _cases(options)
    # a terminal of another charset shows question marks rather than a traceback
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a text file, as click's own are
    if options["dry_run"]:
        _show(cases, secrets, as_json=options["as_json"])
    else:
        _send(cases, secrets, options)


def _secrets(options: dict[str, Any]) -> Secrets:
    if ":" in options["username"]:
        raise click.UsageError("--username holds a colon, which HTTP Basic can't carry.")
    for secret in options["signing_secrets"]:
        if problem := secret_problem(secret):
            raise click.UsageError(problem)
    return Secrets(options["username"], options["password"], options["signing_secrets"])


def _cases(options: dict[str, Any]) -> list[Case]:
    pairs, file = tuple(dict.fromkeys(options["pairs"])), options["file"]
    if file is not None and options["whole_matrix"]:
        raise click.UsageError("Give --cases or --matrix, not both.")
    own = {
        name: options[name] for name in ("url", "method", "soap_action", "namespace", "webhook_id", "attempt")
    }
    row = send_cases.Row(fields=dict(map(_field, options["fields"])), **own)
    try:
        if file is not None:
            found = send_cases.from_file(_read(file), row, pairs)
        else:
            found = (send_cases.matrix if options["whole_matrix"] else send_cases.from_options)(row, pairs)
        return send_cases.checked(found, times=options["times"], one_id=bool(row.webhook_id))
    except send_cases.WrongCases as wrong:
        raise click.UsageError(str(wrong)) from wrong


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--field {text!r} is not NAME=VALUE, as in status=Complete.")
    if name not in FIELD_NAMES:
        raise click.UsageError(f"--field {name!r} is none of the seven values: {', '.join(FIELD_NAMES)}.")
    return name, value


def _read(file: BinaryIO) -> bytes:
    text = file.read(_LARGEST_FILE + 1)
    if len(text) > _LARGEST_FILE:
        raise click.UsageError(f"The file of cases is too large: {_LARGEST_FILE:,} bytes are the most.")
    return text


def _send(cases: Iterable[Case], secrets: Secrets, options: dict[str, Any]) -> None:
    as_json = options["as_json"]
    kept, count, delivered, soap = [], 0, 0, False
    for sent in _sent(cases, secrets, options):
        count, delivered = count + 1, delivered + sent.delivered
        soap |= sent.delivered and sent.case.soap
        if as_json:
            kept.append(sent)
        else:
            shown = send_report.request_lines(sent.request) if options["show_request"] else ()
            lines = [send_report.heading(sent.case), *shown, *send_report.lines_of(sent), ""]
            click.echo("\n".join(lines))
    click.echo(
        send_report.as_text(send_report.report_json(kept))
        if as_json
        else "\n".join(send_report.summary(count, delivered, soap=soap))
    )
    if delivered < count:
        click.get_current_context().exit(_NOT_ALL)


def _sent(cases: Iterable[Case], secrets: Secrets, options: dict[str, Any]) -> Iterator[Sent]:
    """Send one case after the other: rendered, sent and judged as the portal does."""
    limits = Limits(_CONNECT_SECONDS, options["timeout"], _ANYWHERE)
    policy = Policy(options["resend_seconds"], options["resend_limit"], options["resend_after"])
    with closing(Client(limits, 1, insecure=options["insecure"])) as client:
        for case in cases:
            moment, begun = clock.now(), time.monotonic()
            request = _request(case, secrets, moment)
            outcome = redact_outcome(client.send(request, dict(request.headers)), secrets.patterns)
            judgement = judge(outcome, case.target, case.payload.attempt, policy, clock.now())
            seconds = time.monotonic() - begun
            yield Sent(case, request, outcome, judgement.redacted(secrets.patterns), policy, moment, seconds)


def _request(case: Case, secrets: Secrets, moment: datetime) -> Request:
    request = render(case.payload, case.target, secrets, moment)
    if isinstance(request, Refused):  # what the check of the cases has let pass
        raise click.ClickException(request.text)
    return request


def _show(cases: Iterable[Case], secrets: Secrets, *, as_json: bool) -> None:
    written = [(case, _request(case, secrets, clock.now())) for case in cases]
    if as_json:
        click.echo(send_report.as_text({"callouts": [send_report.request_json(*each) for each in written]}))
        return
    for case, request in written:
        click.echo("\n".join([send_report.heading(case), *send_report.request_lines(request), ""]))
