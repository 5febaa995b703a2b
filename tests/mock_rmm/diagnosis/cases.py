"""Requests as the portal would send them, and each changed in one thing."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from werkzeug.http import parse_options_header

from mock_rmm.callout import Callout
from mock_rmm.credentials import Credentials
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.diagnose import diagnose
from mock_rmm.diagnosis.finding import Finding
from mock_rmm.endpoints.endpoint import Arrival, Reading
from mock_rmm.endpoints.receiver import LENIENT, Contract, Receiver
from mock_rmm.endpoints.registry import read
from tests.mock_rmm.pairs import ENDPOINTS, USUAL, Target, write

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYS = Credentials("rmm", "rmm-secret")
METHOD, NAMESPACE = "TicketChanged", "http://tempuri.org/"
ACTION = NAMESPACE + METHOD

Change = Callable[[Case], Case]


def contract(**changes: object) -> Contract:
    return replace(Contract(METHOD, NAMESPACE, ACTION), **changes)


def case_of(
    pair: str,
    *,
    mode: str = LENIENT,
    values: Callout = USUAL,
    target: Target | None = None,
    receiver_contract: Contract | None = None,
) -> Case:
    """A request without fault, of everything that a portal sends."""
    receiver = Receiver("acme", ENDPOINTS[pair], "/callouts/acme", mode, receiver_contract or contract())
    request = write(pair, values, target or Target("http://rmm.example/callouts/acme", METHOD, ACTION))
    headers = {
        "Authorization": basic(KEYS.username, KEYS.password),
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "X-Callout-Attempt": "1",
        **dict(request.headers),
    }
    arrival = Arrival(
        method=request.method,
        path=receiver.path,
        query=request.url.partition("?")[2],
        headers=tuple(headers.items()),
        body=request.body,
    )
    return Case(
        receiver=receiver,
        arrival=arrival,
        now=NOW,
        methods=(receiver.kind.method,),
        credentials=KEYS,
    )


def basic(username: str, password: str, charset: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode(charset)).decode()


def findings(case: Case) -> tuple[Finding, ...]:
    """Let the endpoint read it, as a receiver does, and diagnose it."""
    case = replace(case, arrival=typed(case.arrival))
    if not case.whole:
        return diagnose(case)
    if case.arrival.method != case.endpoint.kind.method:
        return diagnose(replace(case, problem="This address takes another method."))
    reading = read(case.receiver, case.arrival)
    return diagnose(replace(case, fields=reading.fields, problem=reading.problem))


def read_anew(case: Case) -> Reading:
    return read(case.receiver, typed(case.arrival))


def typed(arrival: Arrival) -> Arrival:
    """With what its Content-Type says."""
    content_type, parameters = parse_options_header(arrival.header("content-type"))
    return replace(arrival, content_type=content_type.lower(), charset=parameters.get("charset", ""))


def header(name: str, value: str | None) -> Change:
    """Give a header another value, or leave it out."""

    def change(case: Case) -> Case:
        kept = tuple(pair for pair in case.arrival.headers if pair[0].lower() != name.lower())
        added = () if value is None else ((name, value),)
        return replace(case, arrival=replace(case.arrival, headers=kept + added))

    return change


def body(old: bytes | str, new: bytes | str) -> Change:
    """Replace a piece of the body, which must be there."""

    def change(case: Case) -> Case:
        before, after = (each.encode() if isinstance(each, str) else each for each in (old, new))
        assert before in case.arrival.body
        return replace(case, arrival=replace(case.arrival, body=case.arrival.body.replace(before, after)))

    return change


def whole_body(content: bytes) -> Change:
    return lambda case: replace(case, arrival=replace(case.arrival, body=content))


def query(old: str, new: str) -> Change:
    def change(case: Case) -> Case:
        assert old in case.arrival.query
        return replace(case, arrival=replace(case.arrival, query=case.arrival.query.replace(old, new)))

    return change


def by(method: str) -> Change:
    return lambda case: replace(case, arrival=replace(case.arrival, method=method))


def value(**values: str) -> dict[str, Callout]:
    return {"values": replace(USUAL, **values)}
