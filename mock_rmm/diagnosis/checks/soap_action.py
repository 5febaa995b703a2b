"""The SOAP action: a header of its own in SOAP 1.1, a part of the Content-Type in SOAP 1.2."""

from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, note, problem, warning
from mock_rmm.diagnosis.words import clean, quoted, setting
from mock_rmm.endpoints.soap_head import action_parameter


def action_of(case: Case) -> str:
    """The action without its quotes, wherever the version has it; nothing if it didn't come."""
    return (_raw(case) or "").strip("\"'")


def soap_action(case: Case) -> Iterator[Finding]:
    if case.format != "SOAP" or case.seen.kind != "SOAP" or case.arrival.method != "POST":
        return
    raw = _raw(case)
    wanted = case.contract.soap_action if case.contract is not None else ""
    if raw is None:
        yield from _missing(case, wanted)
    else:
        yield from _quotes(case, raw)
        yield from _mismatch(action_of(case), wanted)
    if case.seen.version == "1.2" and case.header("soapaction") is not None:
        yield note(
            "soap-action-in-1.2",
            "There is a SOAPAction header, and SOAP 1.2 has none: its action stands in the Content-Type, "
            'as action="…".',
        )


def _raw(case: Case) -> str | None:
    if case.seen.version != "1.2":
        return case.header("soapaction")
    return action_parameter(case.arrival)


def _missing(case: Case, wanted: str) -> Iterator[Finding]:
    if case.seen.version == "1.2":
        if wanted:
            yield note("no-soap-action", f'The Content-Type names no action. Add action="{wanted}" to it.')
        return
    value = wanted or "the action of the method, as the receiver's WSDL has it"
    todo = (
        f'Send “SOAPAction: "{wanted}"”. {setting("SOAP Action", wanted)}'
        if wanted
        else f"Send {value}, in quotes."
    )
    yield Finding(
        "no-soap-action",
        "problem" if wanted else "warning",
        f"There is no SOAPAction header, which SOAP 1.1 demands: many services find the method by it. {todo}",
    )


def _quotes(case: Case, raw: str) -> Iterator[Finding]:
    if case.seen.version == "1.2":
        return
    if raw.strip("\"'") == "":
        yield warning(
            "empty-soap-action",
            "The SOAPAction is empty. Name the method's action, as the receiver's WSDL has it.",
        )
    elif not (len(raw) > 1 and raw.startswith('"') and raw.endswith('"')):
        yield Finding(
            "unquoted-soap-action",
            "problem" if case.exact else "warning",
            f"The SOAPAction is not in double quotes: {quoted(raw)} came. SOAP 1.1 demands them, and some "
            "services refuse "
            f'a header without them. Send “SOAPAction: "{clean(action_of(case)[:200])}"”.',
        )


def _mismatch(came: str, wanted: str) -> Iterator[Finding]:
    if not wanted or came == wanted:
        return
    near = ""
    if came.casefold() == wanted.casefold():
        near = " They differ only in case."
    elif came.rstrip("/") == wanted.rstrip("/"):
        near = " They differ only in the slash at the end."
    yield problem(
        "soap-action",
        f"The SOAP Action is {quoted(came)}, and this receiver's is {quoted(wanted)}.{near} "
        f"{setting('SOAP Action', wanted)}",
    )
