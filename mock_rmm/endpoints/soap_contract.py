"""SOAP under a contract: the version, the action, the method's element, its children, and the required values."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from werkzeug.http import parse_options_header

from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.contracts import missing, wrong_type
from mock_rmm.endpoints.endpoint import Arrival, Reading
from mock_rmm.endpoints.receiver import Contract
from mock_rmm.endpoints.soap import ADDRESS, ENVELOPES, VERSION_MISMATCH, at_address, describe
from mock_rmm.endpoints.spyne_application import printable, service_of

MEDIA_TYPES = {"1.1": "text/xml", "1.2": "application/soap+xml"}


@dataclass(frozen=True)
class Head:
    content_type: str
    version: str
    """The version of SOAP that the Content-Type belongs to; empty for one that belongs to none."""
    action: str | None
    """Without its quotes; None when there is none."""
    quoted: bool


def read_head(arrival: Arrival) -> Head:
    content_type = arrival.content_type.lower()
    version = next((each for each, media_type in MEDIA_TYPES.items() if media_type == content_type), "")
    if version == "1.2":
        # A parameter; whether it was quoted is no matter there
        return Head(content_type, version, action_parameter(arrival), quoted=True)
    action = arrival.header("SOAPAction")
    if action is None:
        return Head(content_type, version, None, quoted=False)
    action = action.strip()
    quoted = len(action) > 1 and action.startswith('"') and action.endswith('"')
    return Head(content_type, version, action[1:-1] if quoted else action, quoted)


def action_parameter(arrival: Arrival) -> str | None:
    """The action as SOAP 1.2 has it, in the Content-Type."""
    return parse_options_header(arrival.header("Content-Type"))[1].get("action")


LONGEST_QUOTE = 200


def hold(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    head = read_head(arrival)
    if head.version not in contract.versions:
        wanted = " or ".join(MEDIA_TYPES[version] for version in contract.versions)
        return wrong_type(reading, arrival, f"send {wanted}")
    call = reading.context.in_body_doc
    if call is None:
        return reading  # no call at all
    if reading.context.in_document.tag != f"{{{ENVELOPES[head.version]}}}Envelope":
        problem = (
            f"{head.content_type} is for SOAP {head.version}, whose envelope is in {ENVELOPES[head.version]}."
        )
        return replace(reading, problem=problem, code=VERSION_MISMATCH)
    problem = (
        _wrong_action(head, contract)
        or _wrong_call(call, contract)
        or missing(reading.fields, contract)
        or reading.problem
    )
    return replace(reading, problem=printable(problem))


def _wrong_action(head: Head, contract: Contract) -> str:
    wanted = f'"{contract.soap_action}"'
    if head.version == "1.2":
        if head.action in {None, contract.soap_action}:
            return ""
        return f"The action in the Content-Type is {_cut(head.action)}: send {wanted}, or none."
    if head.action is None:
        return f"The header SOAPAction is missing: send SOAPAction: {wanted}."
    if not head.quoted:
        return f"The header SOAPAction isn't quoted: send SOAPAction: {wanted}."
    if head.action != contract.soap_action:
        return f"The SOAPAction {_cut(head.action)} isn't known here: send SOAPAction: {wanted}."
    return ""


def _wrong_call(call: Any, contract: Contract) -> str:
    namespace, name = _parts(call.tag)
    if name != contract.method:
        wanted = f"{contract.method} in the namespace {contract.namespace}"
        return f"The method {_cut(name)} isn't known here: call {wanted}."
    if namespace != contract.namespace:
        return (
            f"{name} is in the namespace {_cut(namespace)}: it must be in {contract.namespace}, "
            "exactly, with each slash."
        )
    last = -1
    for child in call:
        problem = _wrong_child(child, contract, last)
        if problem:
            return problem
        last = FIELDS.index(_parts(child.tag)[1])
    return ""


def _wrong_child(child: Any, contract: Contract, last: int) -> str:
    """What is wrong with one value's element; `last` is the place of the one before it."""
    namespace, name = _parts(child.tag)
    if name not in FIELDS:
        return f"The element {_cut(name)} isn't known here: known are {', '.join(FIELDS)}, in lower case."
    if namespace != contract.namespace:
        return f"{name} is in the namespace {_cut(namespace)}: it must be in {contract.namespace}."
    if len(child):
        return f"{name} has elements in it: it must be text."
    if FIELDS.index(name) == last:
        return f"{name} came twice."
    if FIELDS.index(name) < last:
        return f"{name} comes after {FIELDS[last]}: the order is {', '.join(FIELDS)}."
    return ""


def _parts(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition("}")
    return namespace[1:], name


def _cut(text: str | None) -> str:
    text = text or ""
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…")


def contract_wsdl(contract: Contract, address: str) -> bytes | None:
    """Spyne's WSDL of a service that has the contract's method and no other."""
    if not contract.method:
        return None
    return at_address(_document(contract), address)


@lru_cache(maxsize=64)
def _document(contract: Contract) -> bytes:
    """Made when it is first asked for: it takes longer than all the rest of a receiver."""
    service = service_of(contract.method, contract.required)
    return describe(service, contract.namespace, contract.soap_action, contract.versions, ADDRESS)
