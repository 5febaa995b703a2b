"""Explains one request. Pure: all it knows is the case."""

from collections.abc import Callable, Iterator
from itertools import chain

from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.checks.authentication import authentication
from mock_rmm.diagnosis.checks.content import content_type, data_format, rpc_parameters, transport
from mock_rmm.diagnosis.checks.encoding import content_coding, encoding
from mock_rmm.diagnosis.checks.names import names
from mock_rmm.diagnosis.checks.sender import delivery, signature
from mock_rmm.diagnosis.checks.soap import method_name, namespace, soap_action, soap_version
from mock_rmm.diagnosis.checks.times import times
from mock_rmm.diagnosis.checks.values import values
from mock_rmm.diagnosis.finding import SEVERITIES, Finding, clean, note, problem, quoted
from mock_rmm.endpoints.receiver import IN_EDITOR

Check = Callable[[Case], Iterator[Finding]]

ENVELOPE_CHECKS: tuple[Check, ...] = (transport, authentication, content_coding)
"""What can be said of a request whose content isn't all there."""

CONTENT_CHECKS: tuple[Check, ...] = (
    data_format, content_type, encoding, soap_version, method_name, soap_action, namespace, rpc_parameters, names,
    values, times,
)  # fmt: skip

SENDER_CHECKS: tuple[Check, ...] = (delivery, signature)

CHECKS = (*ENVELOPE_CHECKS, *CONTENT_CHECKS, *SENDER_CHECKS)
"""In this order, as one would look: how it came, who sent it, what it holds, which delivery it is."""

REPORTED_BY_CHECKS = {"undecodable", "unknown-charset", "data-format", "empty"}
ABOUT_SENDER = {
    "no-credentials", "other-scheme", "broken-credentials", "credentials-exchanged", "wrong-username", "wrong-password",
}  # fmt: skip
AMPERSAND = "invalid token"


def diagnose(case: Case) -> tuple[Finding, ...]:
    """Everything there is to say, the gravest first, and otherwise in the order in which one would look."""
    checks = CHECKS if case.whole else (*ENVELOPE_CHECKS, *SENDER_CHECKS)
    found = list(chain.from_iterable(check(case) for check in checks))
    found += _refusal(case, found)
    found += _right(case, found)
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))


def _refusal(case: Case, found: list[Finding]) -> Iterator[Finding]:
    """Why it is refused, unless a check has said it better."""
    if not case.whole:
        yield problem("too-large", clean(case.problem))
        return
    codes = {finding.code for finding in found}
    if case.seen.trouble and case.seen.kind == case.format:
        if not codes & REPORTED_BY_CHECKS:
            hint = " Is there a bare & or < in a value? In XML write &amp; and &lt;."
            yield problem("unreadable", clean(case.seen.trouble) + hint * (AMPERSAND in case.seen.trouble))
        return
    problems = {finding.code for finding in found if finding.severity == "problem"}
    if case.problem and not problems - ABOUT_SENDER:
        yield problem("refused", clean(case.problem))


def _right(case: Case, found: list[Finding]) -> Iterator[Finding]:
    """That all values came, even if the sender isn't known."""
    problems = {finding.code for finding in found if finding.severity == "problem"}
    if problems - ABOUT_SENDER or not all(name in case.fields for name in FIELDS):
        return
    by = f"SOAP {case.seen.version}" if case.format == "SOAP" else IN_EDITOR[case.format]
    method = f", method {quoted(case.seen.method)}" if case.seen.method else ""
    but = ""
    if any(finding.severity == "warning" for finding in found):
        but = " The warnings say what another receiver may not take."
    yield note("all-seven", f"All seven values came, by {case.arrival.method} and {by}{method}.{but}")
