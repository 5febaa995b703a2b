"""XML-RPC under a contract: its method, its style of parameters, strings only, and the required values."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.contracts import missing, wrong_type
from mock_rmm.endpoints.endpoint import Arrival, Reading
from mock_rmm.endpoints.receiver import STRUCT, Contract
from mock_rmm.endpoints.xml_rpc import METHOD_UNKNOWN, WRONG_PARAMETERS

MEDIA_TYPES = ("text/xml", "application/xml")


def hold(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    if arrival.content_type.lower() not in MEDIA_TYPES:
        return wrong_type(reading, arrival, "XML-RPC's is text/xml")
    params = reading.context.in_document
    if params is None:
        return reading  # no call at all
    if reading.operation != contract.method:
        problem = f"The method {reading.operation[:200]!r} isn't known here: call {contract.method!r}."
        return replace(reading, problem=problem, code=METHOD_UNKNOWN)
    problem = wrong_parameters(params, contract) or missing(reading.fields, contract) or reading.problem
    return replace(reading, problem=problem, code=WRONG_PARAMETERS)


def wrong_parameters(params: Sequence[Any], contract: Contract) -> str:
    """How the parameters break the contract, in a sentence; nothing when they keep it."""
    match params:
        case ({**members},):
            if contract.style != STRUCT:
                return "The call has one struct: send the seven values as seven strings, in order."
            values = {str(name): value for name, value in members.items()}
        case _:
            if contract.style == STRUCT:
                return f"The call has {_count(params)}: send one struct with the seven values as its members."
            if len(params) != len(FIELDS):
                return f"The call has {_count(params)}: send seven, {', '.join(FIELDS)}."
            values = dict(zip(FIELDS, params, strict=True))
    strange = [name for name in values if name not in FIELDS]
    if strange:
        return f"The struct has a member {strange[0][:100]!r}, which isn't known here: known are {', '.join(FIELDS)}."
    other = [name for name, value in values.items() if not isinstance(value, str)]
    return f"{other[0]} isn't a string: send each value as one." if other else ""


def _count(params: Sequence[Any]) -> str:
    return f"{len(params)} parameter" + ("" if len(params) == 1 else "s")
