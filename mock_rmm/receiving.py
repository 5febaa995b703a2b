"""One request to an endpoint, from its arrival to its answer.

read -> diagnose -> write the journal -> refuse wrong credentials | apply a fault | act and answer
    -> complete the journal
"""

import logging
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.diagnose import diagnose
from mock_rmm.endpoints.endpoint import TEXT, Answer, Arrival, Dropped, Endpoint, Raw, Reading
from mock_rmm.endpoints.receiver import Receiver
from mock_rmm.endpoints.registry import endpoint_of, read
from mock_rmm.journal import Entry, masked
from mock_rmm.rmm import Rmm
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import Turn
from mock_rmm.trip import act_on

log = logging.getLogger(__name__)

MOST_EARLIER = 12  # as many attempts as one delivery usually has

# Parsing releases the interpreter for some microseconds each time, and threads that compute at the same time
# would keep taking it from each other: one after the other, they get more done. Nothing waits inside.
_one_at_a_time = threading.Lock()

UNAUTHORISED = Answer(
    401,
    b"The user name or password is wrong or missing: send HTTP Basic with those of this receiver.\n",
    TEXT,
    (("WWW-Authenticate", 'Basic realm="Mock RMM", charset="UTF-8"'),),
)


@dataclass(frozen=True)
class Place:
    """Where a request came in, as it was then: receivers may be changed while a body is on its way. And by whom."""

    receiver: Receiver
    methods: tuple[str, ...]  # all HTTP methods that the address accepts
    username: str | None
    password: str | None
    url_root: str


def receive(rmm: Rmm, place: Place, arrival: Arrival, refused: Answer | None) -> Answer | Raw | Dropped:
    """Receive a request. `refused` is the answer to one that HTTP itself rules out, such as one too large."""
    endpoint, now = endpoint_of(place.receiver), datetime.now(UTC)
    # They may depend on the time: looked up once, so that the answer and the findings agree
    credentials = rmm.credentials_of(place.receiver)
    webhook_id = arrival.header("webhook-id")
    earlier = tuple(rmm.journal.attempts(webhook_id, MOST_EARLIER)) if webhook_id else ()
    with _one_at_a_time:
        reading = Reading() if refused is not None else read(place.receiver, arrival)
        problem = refused.body.decode().strip() if refused is not None else reading.problem
        whole = refused is None or refused.status == HTTPStatus.METHOD_NOT_ALLOWED
        fields = reading.fields
        case = Case(place.receiver, arrival, now, place.methods, whole, fields, problem, credentials, earlier)
        findings = diagnose(case)
    new = Entry(
        0, now, endpoint.kind.name, arrival.method, arrival.path, arrival.query, masked(arrival.headers), arrival.body,
        reading.fields, reading.operation, problem, credentials.match(place.username, place.password),
        receiver=place.receiver.name, findings=findings,
    )  # fmt: skip
    entry = rmm.journal.write(lambda new_id: replace(new, id=new_id))
    answer = _answer(rmm, endpoint, reading, entry, refused, place.url_root)
    if isinstance(answer, Raw):
        # Its answer takes as long as the connection is held
        return replace(answer, ended=partial(_complete, rmm, endpoint.kind.name, entry.id, answer))
    _complete(rmm, endpoint.kind.name, entry.id, answer)
    return answer


def _answer(
    rmm: Rmm, endpoint: Endpoint, reading: Reading, entry: Entry, refused: Answer | None, url_root: str
) -> Answer | Raw | Dropped:
    if not entry.authorised:
        return UNAUTHORISED
    if refused is not None:
        return refused
    proceed = partial(_proceed, rmm, endpoint, reading)
    applied = rmm.rules.take(entry, endpoint.kind, entry.received_at)
    if applied is None:
        return proceed()
    rule, chance = applied
    rmm.journal.note_fault(entry.id, rule.fault)
    longest, now = rmm.settings.longest_silence, entry.received_at
    turn = Turn(endpoint, reading, proceed, url_root, rmm.stopping, now, longest, chance)
    return FAULTS[rule.fault].apply(rule, turn)


def _proceed(rmm: Rmm, endpoint: Endpoint, reading: Reading) -> Answer:
    with _one_at_a_time:
        if reading.problem:
            return reading.refusal or endpoint.refuse(reading)
        return endpoint.answer(reading, lambda callout: act_on(rmm, callout, datetime.now(UTC)))


def _complete(rmm: Rmm, endpoint: str, entry_id: int, answer: Answer | Raw | Dropped) -> None:
    headers = (("Content-Type", answer.content_type), *answer.headers) if isinstance(answer, Answer) else ()
    status, body = (None, b"") if isinstance(answer, Dropped) else (answer.status, answer.body)
    rmm.journal.complete(entry_id, status=status, body=body, headers=headers, now=datetime.now(UTC))
    how = {Raw: "answered below HTTP", Dropped: "connection reset"}.get(type(answer), f"answered {status}")
    log.info("request %d by %s: %s", entry_id, endpoint, how)
