"""What `mock-rmm send` makes of an answer is what the portal makes of it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mock_rmm.sending import verdict as mine
from mock_rmm.sending.outcome import Answered, Kind, NoAnswer
from mock_rmm.sending.pairs import PAIRS
from portal.core import verdicts as portal
from portal.core.callouts import RESEND_ANY, RESEND_PASSING
from portal.core.wire import Fault, one_line
from tests.formats.samples import MODEST
from tests.formats.test_answers import (
    DTD,
    SOAP_1_1,
    SOAP_1_2,
    XML_RPC,
    fault_in,
    soap_fault,
    xml_rpc_fault,
)

NOW = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
FORMAT_OF = {
    "name-value-get": "name_value",
    "name-value-post": "name_value",
    "soap": "soap",
    "soap-1.2": "soap",
    "xml-rpc": "xml_rpc",
    "xml-rpc-positional": "xml_rpc",
}
STATUSES = [
    *(100, 199, 200, 201, 202, 204, 206, 299, 300, 301, 302, 303, 304, 307, 308, 399),
    *(400, 401, 403, 404, 405, 407, 408, 409, 410, 413, 415, 418, 422, 425, 429, 451, 499),
    *(500, 501, 502, 503, 504, 511, 599, 999),
]
WAITS = [
    *("", "0", "1", "59", "60", "61", "300", "86400", "86401", "0000000000000000300", "9" * 5000),
    *("-5", "+5", "1.5", "1e3", "٣٠٠", " 300 ", "300;", "soon", "\x00", "Thu, 01 Jan 2026"),
    *(format_datetime(NOW + timedelta(seconds=each), usegmt=True) for each in (-500, 0, 90, 900, 10**6)),
    *(
        "Thu, 01 Jan 2026 12:10:00 -0000",
        "Thu, 01 Jan 2026 12:10:00 +0100",
        "Thursday, 01-Jan-26 12:10:00 GMT",
    ),
    *("Thu Jan  1 12:10:00 2026", "Thu, 01 Jan 99999999999 00:00:00 GMT", "Thu, 41 Jan 2026 12:10:00 GMT"),
]
POLICIES = [
    (mine.Policy(seconds, limit, passing), portal.Policy(seconds, limit, after))
    for seconds, limit in ((60, 10), (1, 1), (300, 0))
    for passing, after in ((False, RESEND_ANY), (True, RESEND_PASSING))
]
ATTEMPTS = [1, 2, 10, 11, 12]
BODIES = {
    "nothing": b"",
    "a SOAP 1.1 fault": SOAP_1_1.encode(),
    "a SOAP 1.2 fault": SOAP_1_2.encode(),
    "an XML-RPC fault": XML_RPC.encode(),
    "a fault in UTF-16": SOAP_1_1.replace("utf-8", "utf-16").encode("utf-16"),
    "blank lines before it": b"\r\n\n " + SOAP_1_1.encode(),
    "a DTD before it": DTD.encode() + soap_fault("<faultstring>&e;</faultstring>"),
    "a fault without a reason": soap_fault(""),
    "a reason over several lines": soap_fault("<faultstring>\n  No\t such <b>alert</b>\n</faultstring>"),
    "a foreign namespace": soap_fault("<faultstring>No</faultstring>", '<Envelope xmlns="urn:x">'),
    "a fault that isn't in the body": b"<Envelope><Fault><faultstring>No</faultstring></Fault></Envelope>",
    "a fault that was cut off": SOAP_1_1.encode()[:-20],
    "an answer that mentions a Fault": b"<Envelope><Body><R>no Fault</R></Body></Envelope>",
    "an empty XML-RPC fault": xml_rpc_fault(""),
    "a fault with a code alone": xml_rpc_fault(
        "<value><struct><member><name>faultCode</name><value><i4>7</i4></value></member></struct></value>"
    ),
    "an XML-RPC answer": b"<methodResponse><params><param><value>fault</value></param></params></methodResponse>",
    "a page": b"<!DOCTYPE html><title>Fault</title><p>fault",
    "JSON": b'{"fault": true, "Fault": 1}',
    "bytes": bytes(range(256)) + b"Fault fault",
}


def of_portal(outcome: Answered | NoAnswer) -> portal.Outcome:
    match outcome:
        case Answered():
            return portal.Answered(
                outcome.status, outcome.reason, outcome.headers, outcome.body, outcome.more
            )
        case NoAnswer(kind, sentence):
            return portal.Unreachable(portal.ErrorKind(kind), sentence)


def plain(verdict: Any) -> tuple[str, int | None]:
    """The portal's verdicts and the mock's in one form."""
    match verdict:
        case portal.Delivered() | mine.Delivered():
            return "delivered", None
        case portal.TryAgain(at) | mine.Resent(_, at):
            return "again", at
        case portal.GaveUp() | mine.GivenUp():
            return "given up", None
    raise AssertionError(verdict)


def assert_same(
    outcome: Answered | NoAnswer, fault: str | None, attempts: list[int], now: datetime = NOW
) -> None:
    theirs = of_portal(outcome)
    trouble = portal.trouble(theirs, None if fault is None else Fault(fault), "rmm.example")
    kind = mine.kind_of(outcome, fault)
    assert (kind and kind.value) == (trouble and trouble.kind.value)
    for attempt in attempts:
        for my_policy, its_policy in POLICIES:
            my_verdict = mine.judge(outcome, fault, attempt, my_policy, now)
            its_verdict = portal.judge(theirs, trouble, attempt, its_policy, now)
            assert plain(my_verdict) == plain(its_verdict), (outcome, fault, attempt, my_policy)


@pytest.mark.parametrize("fault", [None, "No such alert"])
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_the_portal_s_verdict_at_every_attempt_under_every_policy(
    status: int, fault: str | None
):
    assert_same(Answered(status), fault, ATTEMPTS)


@pytest.mark.parametrize(
    "kind", [each for each in Kind if each not in {Kind.HTTP, Kind.FAULT, Kind.REDIRECT}]
)
def test_every_failure_to_answer_has_the_portal_s_verdict(kind: Kind):
    assert_same(NoAnswer(kind, "It failed."), None, ATTEMPTS)


@pytest.mark.parametrize("wait", WAITS)
def test_retry_after_is_read_as_the_portal_reads_it(wait: str):
    for name in ("Retry-After", "retry-after", "RETRY-AFTER"):
        assert_same(Answered(503, headers=((name, wait), (name, "77"))), None, [1, 11])


@MODEST
@example(Answered(503, headers=(("Retry-After", "1" * 10),)), None)
@given(
    st.builds(
        Answered,
        status=st.integers(100, 999),
        headers=st.lists(st.tuples(st.sampled_from(["Retry-After", "X"]), st.text(max_size=12))).map(tuple),
    ),
    st.none() | st.text(max_size=5),
)
def test_any_answer_has_the_portal_s_verdict(outcome: Answered, fault: str | None):
    assert_same(outcome, fault, [1, 10, 11])


@pytest.mark.parametrize("body", BODIES)
def test_a_fault_that_is_found_in_a_body_is_the_one_that_the_portal_finds(body: str):
    """The portal finds more: it reads past mistakes."""
    assert FORMAT_OF.keys() == PAIRS.keys()
    for name, pair in PAIRS.items():
        found = fault_in(FORMAT_OF[name], BODIES[body])
        told = pair.fault(BODIES[body])
        assert told is None or found is not None
        assert told is None or told.startswith("it can't be read well: ") or one_line(told) == found.text
        assert_same(Answered(200, body=BODIES[body]), told, [1])


def test_the_bodies_hold_faults_and_none():
    """So that the test above could fail."""
    soap = {name for name, body in BODIES.items() if PAIRS["soap"].fault(body) is not None}
    xml_rpc = {name for name, body in BODIES.items() if PAIRS["xml-rpc"].fault(body) is not None}
    assert soap == {
        "a SOAP 1.1 fault",
        "a SOAP 1.2 fault",
        "a fault in UTF-16",
        "blank lines before it",
        "a fault without a reason",
        "a reason over several lines",
        "a foreign namespace",
        "a DTD before it",
        "a fault that was cut off",
    }
    assert xml_rpc == {"an XML-RPC fault", "an empty XML-RPC fault", "a fault with a code alone"}
