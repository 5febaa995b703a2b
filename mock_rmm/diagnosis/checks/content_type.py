"""The Content-Type: what it should be for the format, and for SOAP's version."""

from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding
from mock_rmm.diagnosis.words import quoted

WANTED = {
    "form": "application/x-www-form-urlencoded",
    "SOAP 1.1": "text/xml",
    "SOAP 1.2": "application/soap+xml",
    "XML-RPC": "text/xml",
}
SAME = {"application/xml": "text/xml"}
"""Read for the other by many receivers, and not by all."""


def content_type(case: Case) -> Iterator[Finding]:
    if case.endpoint.kind.method == "GET" or case.arrival.method != "POST" or not case.arrival.body:
        return
    kind = case.format
    if kind == "SOAP":
        kind = f"SOAP {case.seen.version or '1.1'}"
    wanted = WANTED[kind]
    came = case.arrival.content_type.lower()
    if came == wanted:
        return
    charset = "" if kind == "XML-RPC" else "; charset=utf-8"
    todo = f"Send “Content-Type: {wanted}{charset}”."
    if not came:
        yield Finding(
            "no-content-type",
            "warning" if case.contract is None else "problem",
            f"There is no Content-Type, or none that can be read. {todo}",
        )
        return
    name = "a form" if kind == "form" else kind
    fatal = kind == "form" or (SAME.get(came) != wanted and case.contract is not None)
    yield Finding(
        "content-type",
        "problem" if fatal else "warning",
        f"The Content-Type is {quoted(came)}, and {name} has another: many receivers refuse it with 415. {todo}",
    )
