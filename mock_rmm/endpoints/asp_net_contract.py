"""SOAP as an ASP.NET .asmx service takes it: by its action alone.

What stands in another namespace, or under another name, is passed over in silence: the answer is 200, the values
are empty. Its words for what it does refuse are Microsoft's, so that a search finds them.
"""

from dataclasses import replace
from typing import Any

from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.endpoint import Answer, Arrival, Reading
from mock_rmm.endpoints.name_value import TEXT
from mock_rmm.endpoints.receiver import Contract
from mock_rmm.endpoints.soap import ENVELOPES, VERSION_MISMATCH
from mock_rmm.endpoints.soap_contract import Head, read_head
from mock_rmm.endpoints.spyne_application import printable

NO_ACTION = "Unable to handle request without a valid action parameter. Please supply a valid soap action."


def hold(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    head = read_head(arrival)
    if head.version not in contract.versions:
        problem = f"Request format is invalid: {arrival.header('Content-Type') or ''}."
        refusal = Answer(500, problem.encode("utf-8", "replace") + b"\n", TEXT)
        return replace(reading, fields={}, problem=problem, refusal=refusal)
    call = reading.context.in_body_doc
    if call is None:
        return reading  # no call at all
    found = reading.context.in_document.tag.rpartition("}")[0][1:]
    if found != ENVELOPES[head.version]:
        problem = (
            f"Possible SOAP version mismatch: Envelope namespace {found} was unexpected. "
            f"Expecting {ENVELOPES[head.version]}."
        )
        return replace(reading, fields={}, problem=problem, code=VERSION_MISMATCH)
    problem = _not_routed(head, call, contract) or _markup(call, contract)
    fields = {} if problem else _understood(call, contract)
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


def _markup(call: Any, contract: Contract) -> str:
    """What its serialiser says of a string with elements in it."""
    texts = {f"{{{contract.namespace}}}{name}" for name in FIELDS}
    if call.tag == contract.call and any(len(child) and child.tag in texts for child in call):
        return "Server was unable to read request. ---> There is an error in XML document."
    return ""


def _understood(call: Any, contract: Contract) -> dict[str, str]:
    """The values in the right place, by the right name, in the right namespace; of two, the first."""
    if call.tag != contract.call:
        return {}
    found: dict[str, str] = {}
    for name in FIELDS:
        child = call.find(f"{{{contract.namespace}}}{name}")
        if child is not None:
            found[name] = child.text or ""
    return found
