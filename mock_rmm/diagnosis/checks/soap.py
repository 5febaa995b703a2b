"""SOAP's version, the method's name, the SOAP action and the namespace.

The action is a header of its own in SOAP 1.1, a part of the Content-Type in SOAP 1.2. The namespace is the action
without the Method Name, and there is a trap in it: a real ASP.NET service answers 200 to a wrong one, and reads
seven empty values.
"""

from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, clean, listed, note, problem, quoted, setting, warning
from mock_rmm.endpoints.receiver import ASP_NET, Contract, without_method
from mock_rmm.endpoints.soap_contract import action_parameter

TRAP = "A real ASP.NET service answers 200 to this, and reads seven empty values."


def soap_version(case: Case) -> Iterator[Finding]:
    seen = case.seen
    if seen.kind != "SOAP" or case.format != "SOAP" or not seen.version:
        return
    if case.contract is not None and case.contract.versions and seen.version not in case.contract.versions:
        wanted = [f"SOAP {version}" for version in sorted(case.contract.versions)]
        what = f"The Envelope is of SOAP {seen.version}, and this receiver reads {listed(wanted, 'or')}."
        todo = "Its namespace says which. A callout of the portal is SOAP 1.1; let the receiver read that."
        yield problem("soap-version", f"{what} {todo}")


def method_name(case: Case) -> Iterator[Finding]:
    wanted = case.contract.method if case.contract is not None else ""
    came = case.seen.method
    if not wanted or case.format == "form" or case.seen.kind != case.format or not came or came == wanted:
        return
    how = " They differ only in case." if came.casefold() == wanted.casefold() else ""
    what = f"The method is {quoted(came)}, and this receiver's is {quoted(wanted)}.{how}"
    yield problem("method-name", f"{what} {setting('Method Name', wanted)}")


def action_of(case: Case) -> str:
    """The action without its quotes, wherever the version has it; nothing if it didn't come."""
    return (_raw(case) or "").strip("\"'")


def soap_action(case: Case) -> Iterator[Finding]:
    if case.format != "SOAP" or case.seen.kind != "SOAP" or case.arrival.method != "POST":
        return
    raw, version = _raw(case), case.seen.version
    wanted = case.contract.soap_action if case.contract is not None else ""
    if raw is None:
        yield from _missing(case, wanted)
    else:
        if version != "1.2":
            yield from _quotes(case, raw)
        yield from _mismatch(action_of(case), wanted)
    if version == "1.2" and case.header("soapaction") is not None:
        what = "There is a SOAPAction header, and SOAP 1.2 has none: its action stands in the Content-Type"
        yield note("soap-action-in-1.2", f'{what}, as action="…".')


def _raw(case: Case) -> str | None:
    if case.seen.version != "1.2":
        return case.header("soapaction")
    return action_parameter(case.arrival)


def _missing(case: Case, wanted: str) -> Iterator[Finding]:
    if case.seen.version == "1.2":
        if wanted:
            yield note("no-soap-action", f'The Content-Type names no action. Add action="{wanted}" to it.')
        return
    todo = "Send the action of the method, as the receiver's WSDL has it, in quotes."
    if wanted:
        todo = f'Send “SOAPAction: "{wanted}"”. {setting("SOAP Action", wanted)}'
    what = "There is no SOAPAction header, which SOAP 1.1 demands: many services find the method by it."
    yield Finding("no-soap-action", "problem" if wanted else "warning", f"{what} {todo}")


def _quotes(case: Case, raw: str) -> Iterator[Finding]:
    if raw.strip("\"'") == "":
        what = "The SOAPAction is empty. Name the method's action, as the receiver's WSDL has it."
        yield warning("empty-soap-action", what)
    elif not (len(raw) > 1 and raw.startswith('"') and raw.endswith('"')):
        what = f"The SOAPAction is not in double quotes: {quoted(raw)} came."
        why = "SOAP 1.1 demands them, and some services refuse a header without them."
        todo = f'Send “SOAPAction: "{clean(action_of(case)[:200])}"”.'
        yield Finding("unquoted-soap-action", case.severity, f"{what} {why} {todo}")


def _mismatch(came: str, wanted: str) -> Iterator[Finding]:
    if not wanted or came == wanted:
        return
    near = ""
    if came.casefold() == wanted.casefold():
        near = " They differ only in case."
    elif came.rstrip("/") == wanted.rstrip("/"):
        near = " They differ only in the slash at the end."
    what = f"The SOAP Action is {quoted(came)}, and this receiver's is {quoted(wanted)}.{near}"
    yield problem("soap-action", f"{what} {setting('SOAP Action', wanted)}")


def namespace(case: Case) -> Iterator[Finding]:
    if case.format != "SOAP" or case.seen.kind != "SOAP" or not case.seen.method:
        return
    if case.contract is not None:
        yield from _by_contract(case, case.contract)
    else:
        yield from _by_action(case)
    yield from _children(case)


def _by_contract(case: Case, contract: Contract) -> Iterator[Finding]:
    came, wanted = case.seen.namespace, contract.namespace
    if came == wanted or _follows(case, contract):
        return
    differs = _difference(came, wanted)
    what = f"The method's element is in {_named(came)}, and this receiver's is in {_named(wanted)}{differs}."
    trap = f" {TRAP}" if case.receiver.mode == ASP_NET else ""
    todo = "Write the method's element without a namespace."
    if wanted:
        todo = setting("Namespace override", wanted)
    yield problem("namespace", f"{what}{trap} {todo}")


def _follows(case: Case, contract: Contract) -> bool:
    """Whether it is wrong only because action or method are: then it mends itself with them."""
    action, method = action_of(case), case.seen.method
    right = without_method(contract.soap_action, contract.method) == contract.namespace
    other = (action, method) != (contract.soap_action, contract.method)
    return right and other and without_method(action, method) == case.seen.namespace


def _by_action(case: Case) -> Iterator[Finding]:
    """Without a contract, all there is to go by is that both say the same."""
    action, came = action_of(case), case.seen.namespace
    if not action or case.seen.method not in action:
        return
    usual = without_method(action, case.seen.method)
    if usual == came:
        return
    if usual.rstrip("/") == came.rstrip("/"):
        computed = f"the SOAP Action without the Method Name is {quoted(usual)}{_difference(came, usual)}"
        how = "leave Namespace override empty on the General tab of the callout's editor"
        todo = f"If the receiver's contract has the slash, send {quoted(usual)}: {how}."
        yield warning("namespace", f"The namespace is {_named(came)}, and {computed}. {TRAP} {todo}")
    else:
        what = f"The namespace is {_named(came)}, and not the SOAP Action without the Method Name"
        yield note(
            "namespace", f"{what}, {quoted(usual)}. That is right only if the receiver's contract says so."
        )


def _children(case: Case) -> Iterator[Finding]:
    astray = [value for value in case.seen.values if value.namespace != case.seen.namespace]
    if not astray:
        return
    names = listed([quoted(value.name) for value in astray])
    astray_in = f"{'is' if len(astray) == 1 else 'are'} in {_named(astray[0].namespace)}"
    what = f"{names} {astray_in}, and the method's element in {_named(case.seen.namespace)}."
    why = "Each value belongs into the method's namespace; a receiver may read an empty value otherwise."
    todo = "Declare the namespace once, as xmlns on the method's element."
    yield Finding(
        "value-namespace", "warning" if case.contract is None else "problem", f"{what} {why} {todo}"
    )


def _named(namespace: str) -> str:
    return f"the namespace {quoted(namespace)}" if namespace else "no namespace"


def _difference(came: str, wanted: str) -> str:
    if came + "/" == wanted:
        return ": the slash at its end is missing"
    if came == wanted + "/":
        return ": the slash at its end is one too many"
    if came.casefold() == wanted.casefold():
        return ": they differ only in case"
    if came.partition("://")[2] and came.partition("://")[2] == wanted.partition("://")[2]:
        return ": one says http, the other https"
    return ""
