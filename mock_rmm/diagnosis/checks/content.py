"""The HTTP method, the data format, the Content-Type and XML-RPC's parameters, against what this address reads."""

from collections.abc import Iterator

from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.case import JSON, NOTHING, XML, Case
from mock_rmm.diagnosis.finding import Finding, listed, problem, quoted, setting
from mock_rmm.endpoints.receiver import IN_EDITOR, STRUCT, STYLES

EMPTY = {
    "form": "as a form: id=…&number=… and so on.",
    "SOAP": "as children of the method's element, in the Body of a SOAP Envelope.",
    "XML-RPC": "in a methodCall.",
}
ROOTS = {"form": "a form, and no XML", "SOAP": "an Envelope", "XML-RPC": "a methodCall"}
WANTED = {
    "form": "application/x-www-form-urlencoded",
    "SOAP 1.1": "text/xml",
    "SOAP 1.2": "application/soap+xml",
    "XML-RPC": "text/xml",
}
SAME = {"application/xml": "text/xml"}  # read for the other by many receivers, and not by all


def transport(case: Case) -> Iterator[Finding]:
    method = case.arrival.method
    if method in case.methods:
        return
    taken = listed(case.methods, "or")
    in_editor = setting("HTTP Transport Method", case.methods[-1])
    todo = in_editor if method in {"GET", "POST"} else f"Send it by {taken}."
    yield problem("http-method", f"The request came by {method}, and this address takes {taken}. {todo}")


def data_format(case: Case) -> Iterator[Finding]:
    if case.arrival.method not in case.methods:
        return
    kind, wanted = case.seen.kind, case.format
    if kind == NOTHING and case.endpoint.kind.method == "POST" and "id=" in case.arrival.query:
        what = "The request is a POST, but its values are in the URL's query and its body is empty."
        yield problem("values-in-query", f"{what} Send the seven values {EMPTY[wanted]}")
    elif kind == NOTHING:
        where = "The URL has no query" if case.endpoint.kind.method == "GET" else "The request has no body"
        yield problem("empty", f"{where}. Send the seven values {EMPTY[wanted]}")
    elif kind == wanted or (kind == XML and case.seen.trouble):
        return
    elif kind in IN_EDITOR:
        name = "a form" if kind == "form" else kind
        what = f"The body is {name}, and this address reads {IN_EDITOR[wanted]}."
        todo = setting("Data Format", IN_EDITOR[wanted])
        other = f"Or send it to the address of a receiver that reads {IN_EDITOR[kind]}."
        yield problem("data-format", f"{what} {todo} {other}")
    elif kind == XML:
        root = quoted(case.seen.method)
        yield problem("data-format", f"The body's root element is {root}. It must be {ROOTS[wanted]}.")
    else:
        what = f"The body isn't {IN_EDITOR[wanted]}."
        if kind == JSON:
            what = f"The body is JSON. No callout is: this address reads {IN_EDITOR[wanted]}."
        yield problem("data-format", f"{what} Send the seven values {EMPTY[wanted]}")


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
        what = "There is no Content-Type, or none that can be read."
        yield Finding("no-content-type", "warning" if case.contract is None else "problem", f"{what} {todo}")
        return
    name = "a form" if kind == "form" else kind
    fatal = kind == "form" or (SAME.get(came) != wanted and case.contract is not None)
    what = f"The Content-Type is {quoted(came)}, and {name} has another: many receivers refuse it with 415."
    yield Finding("content-type", "problem" if fatal else "warning", f"{what} {todo}")


def rpc_parameters(case: Case) -> Iterator[Finding]:
    seen = case.seen
    if case.format != "XML-RPC" or seen.kind != "XML-RPC" or seen.trouble:
        return
    wanted = case.contract.style if case.contract is not None else ""
    if wanted and seen.style and seen.style != wanted:
        came, takes = _counted(seen.style, seen.count), _counted(wanted, len(FIELDS))
        what = f"The parameters are {came}, and this receiver takes {takes}."
        yield problem("rpc-style", f"{what} {setting('XML-RPC parameters', STYLES[wanted])}")
    elif seen.style != STRUCT and seen.count != len(FIELDS):
        came = f"{seen.count} parameters" if seen.count != 1 else "one parameter, which is no struct"
        todo = f"Send one struct with the seven members, or seven strings in this order: {listed(FIELDS)}."
        yield problem("rpc-count", f"The call has {came}. {todo}")
    typed = [value for value in seen.values if value.type not in {"string", ""}]
    if typed:
        named = [f"{quoted(each.name) if each.name else 'a value'} ({quoted(each.type)})" for each in typed]
        what = f"Not a string: {listed(named)}. All seven are strings, the id too. Send <string>."
        yield Finding("rpc-types", case.severity, what)


def _counted(style: str, count: int) -> str:
    return "one struct" if style == STRUCT else f"{count} strings in order"
