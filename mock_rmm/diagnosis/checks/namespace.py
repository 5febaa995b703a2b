"""The namespace of a SOAP call: the SOAP Action without the Method Name, and the trap in it.

A real ASP.NET service answers 200 to a wrong one, and reads seven empty values.
"""

from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.checks.soap_action import action_of
from mock_rmm.diagnosis.finding import Finding, Severity, note, problem, warning
from mock_rmm.diagnosis.words import listed, quoted, setting
from mock_rmm.endpoints.kinds import ASP_NET
from mock_rmm.endpoints.receiver import Contract, without_method

TRAP = "A real ASP.NET service answers 200 to this, and reads seven empty values."


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
    what = f"The method's element is in {_told(came)}, and this receiver's is in {_told(wanted)}{differs}."
    trap = f" {TRAP}" if case.receiver.mode == ASP_NET else ""
    todo = (
        setting("Namespace override", wanted) if wanted else "Write the method's element without a namespace."
    )
    yield problem("namespace", f"{what}{trap} {todo}")


def _follows(case: Case, contract: Contract) -> bool:
    """Whether it is wrong only because action or method are: then it mends itself with them."""
    action, method = action_of(case), case.seen.method
    right = without_method(contract.soap_action, contract.method) == contract.namespace
    return (
        right
        and (action, method) != (contract.soap_action, contract.method)
        and (without_method(action, method) == case.seen.namespace)
    )


def _by_action(case: Case) -> Iterator[Finding]:
    """Without a contract, all there is to go by is that both say the same."""
    action, came = action_of(case), case.seen.namespace
    if not action or case.seen.method not in action:
        return
    usual = without_method(action, case.seen.method)
    if usual == came:
        return
    if usual.rstrip("/") == came.rstrip("/"):
        yield warning(
            "namespace",
            f"The namespace is {_told(came)}, and the SOAP Action without the Method Name is {quoted(usual)}"
            f"{_difference(came, usual)}. {TRAP} If the receiver's contract has the slash, {_clear(usual)}",
        )
    else:
        yield note(
            "namespace",
            f"The namespace is {_told(came)}, and not the SOAP Action without the Method Name, {quoted(usual)}. "
            "That is right only if the receiver's contract says so.",
        )


def _children(case: Case) -> Iterator[Finding]:
    astray = [value for value in case.seen.values if value.namespace != case.seen.namespace]
    if not astray:
        return
    names = listed([quoted(value.name) for value in astray])
    are = "is" if len(astray) == 1 else "are"
    severity: Severity = "warning" if case.contract is None else "problem"
    yield Finding(
        "value-namespace",
        severity,
        f"{names} {are} in {_told(astray[0].namespace)}, and the method's element in "
        f"{_told(case.seen.namespace)}. Each value belongs into the method's namespace; a receiver may read an "
        "empty value otherwise. Declare the namespace once, as xmlns on the method's element.",
    )


def _clear(usual: str) -> str:
    return f"send {quoted(usual)}: leave Namespace override empty on the General tab of the callout's editor."


def _told(namespace: str) -> str:
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
