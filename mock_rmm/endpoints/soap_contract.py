"""SOAP under a contract: the version, the action, the method's element, its children, and the required values.

Strictly, or as an ASP.NET .asmx service takes it: by its action alone. There, what stands in another namespace, or
under another name, is passed over in silence: the answer is 200, the values are empty. Its words for what it does
refuse are Microsoft's, so that a search finds them.
"""

from dataclasses import dataclass, replace
from typing import Any

from werkzeug.http import parse_options_header

from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.endpoint import TEXT, Answer, Arrival, Reading, missing, wrong_type
from mock_rmm.endpoints.receiver import Contract
from mock_rmm.endpoints.soap import ENVELOPES, VERSION_MISMATCH
from mock_rmm.endpoints.spyne_application import printable

MEDIA_TYPES = {"1.1": "text/xml", "1.2": "application/soap+xml"}
LONGEST_QUOTE = 200


@dataclass(frozen=True)
class Head:
    content_type: str
    version: str  # the version of SOAP that the Content-Type belongs to; empty for one that belongs to none
    action: str | None  # without its quotes; None when there is none
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
    return parse_options_header(arrival.header("Content-Type"))[1].get("action")


def hold(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    head = read_head(arrival)
    if head.version not in contract.versions:
        wanted = " or ".join(MEDIA_TYPES[version] for version in contract.versions)
        return wrong_type(reading, arrival, f"send {wanted}")
    call = reading.context.in_body_doc
    if call is None:
        return reading  # no call at all
    if reading.context.in_document.tag != f"{{{ENVELOPES[head.version]}}}Envelope":
        envelope = ENVELOPES[head.version]
        problem = f"{head.content_type} is for SOAP {head.version}, whose envelope is in {envelope}."
        return replace(reading, problem=problem, code=VERSION_MISMATCH)
    breach = _wrong_action(head, contract) or _wrong_call(call, contract) or missing(reading.fields, contract)
    return replace(reading, problem=printable(breach or reading.problem))


def _wrong_action(head: Head, contract: Contract) -> str:
    wanted = f'"{contract.soap_action}"'
    if head.version == "1.2":
        right = head.action in {None, contract.soap_action}
        came = _cut(head.action)
        return "" if right else f"The action in the Content-Type is {came}: send {wanted}, or none."
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
        wanted = f"{contract.namespace}, exactly, with each slash"
        return f"{name} is in the namespace {_cut(namespace)}: it must be in {wanted}."
    last = -1
    for child in call:
        if problem := _wrong_child(child, contract, last):
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


NO_ACTION = "Unable to handle request without a valid action parameter. Please supply a valid soap action."


def hold_as_asp_net(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    head = read_head(arrival)
    if head.version not in contract.versions:
        problem = f"Request format is invalid: {arrival.header('Content-Type') or ''}."
        refusal = Answer(500, problem.encode("utf-8", "replace") + b"\n", TEXT)
        return replace(reading, fields={}, problem=problem, refusal=refusal)
    call = reading.context.in_body_doc
    if call is None:
        return reading  # no call at all
    found = _parts(reading.context.in_document.tag)[0]
    if found != ENVELOPES[head.version]:
        mismatch = f"Possible SOAP version mismatch: Envelope namespace {found} was unexpected."
        problem = f"{mismatch} Expecting {ENVELOPES[head.version]}."
        return replace(reading, fields={}, problem=problem, code=VERSION_MISMATCH)
    # What is astray is passed over, and of two values by one name the second
    names = {f"{{{contract.namespace}}}{name}": name for name in FIELDS} if call.tag == contract.call else {}
    values = [(names[child.tag], child) for child in reversed(call) if child.tag in names]
    problem = _not_routed(head, call, contract)
    if not problem and any(len(child) for _, child in values):
        # What its serialiser says of a string with elements in it
        problem = "Server was unable to read request. ---> There is an error in XML document."
    fields = {} if problem else {name: child.text or "" for name, child in values}
    # The answer is the contract's, whatever the caller named
    reading.context.method_request_string = contract.call
    reading.context.in_error = None
    reading.context.in_object = [fields.get(name) for name in FIELDS]
    return replace(reading, fields=fields, problem=printable(problem))


def _not_routed(head: Head, call: Any, contract: Contract) -> str:
    """Why no method was found. SOAP 1.2 may leave the action to the method's element; 1.1 may not."""
    if head.action == contract.soap_action:
        return ""
    if head.version == "1.2":
        return "" if call.tag == contract.call else NO_ACTION
    if head.action is None:
        return NO_ACTION
    return f"Server did not recognize the value of HTTP Header SOAPAction: {head.action}."
