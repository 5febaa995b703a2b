"""The data format: what the body is, against what this address reads."""

from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, problem
from mock_rmm.diagnosis.seen import JSON, NOTHING, OTHER, XML
from mock_rmm.diagnosis.words import quoted, setting
from mock_rmm.endpoints.kinds import IN_EDITOR

EMPTY = {
    "form": "as a form: id=…&number=… and so on.",
    "SOAP": "as children of the method's element, in the Body of a SOAP Envelope.",
    "XML-RPC": "in a methodCall.",
}


def data_format(case: Case) -> Iterator[Finding]:
    if case.arrival.method not in case.methods:
        return
    kind, wanted = case.seen.kind, case.format
    if kind == NOTHING and case.endpoint.kind.method == "POST" and "id=" in case.arrival.query:
        yield problem(
            "values-in-query",
            "The request is a POST, but its values are in the URL's query and its body is empty. "
            f"Send the seven values {EMPTY[wanted]}",
        )
    elif kind == NOTHING:
        where = "The URL has no query" if case.endpoint.kind.method == "GET" else "The request has no body"
        yield problem("empty", f"{where}. Send the seven values {EMPTY[wanted]}")
    elif kind == wanted or (kind == XML and case.seen.trouble):
        return
    elif kind in IN_EDITOR:
        told = "a form" if kind == "form" else kind
        yield problem(
            "data-format",
            f"The body is {told}, and this address reads {IN_EDITOR[wanted]}. "
            f"{setting('Data Format', IN_EDITOR[wanted])} Or send it to the address of a receiver that "
            f"reads {IN_EDITOR[kind]}.",
        )
    elif kind == JSON:
        yield problem(
            "data-format",
            f"The body is JSON. No callout is: this address reads {IN_EDITOR[wanted]}. Send the seven "
            f"values {EMPTY[wanted]}",
        )
    elif kind == XML:
        root = quoted(case.seen.method)
        need = (
            "an Envelope"
            if wanted == "SOAP"
            else "a methodCall"
            if wanted == "XML-RPC"
            else "a form, and no XML"
        )
        yield problem("data-format", f"The body's root element is {root}. It must be {need}.")
    elif kind == OTHER:
        yield problem(
            "data-format", f"The body isn't {IN_EDITOR[wanted]}. Send the seven values {EMPTY[wanted]}"
        )
