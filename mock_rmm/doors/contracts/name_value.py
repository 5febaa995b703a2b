"""Name value pairs under a contract: the required values, and the Content-Type of a form."""

from dataclasses import replace

from mock_rmm.doors.contracts.required import missing
from mock_rmm.doors.door import Answer, Arrival, Reading
from mock_rmm.doors.name_value import FORM, TEXT
from mock_rmm.receiver import Contract


def hold_query(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    del arrival
    return reading if reading.problem else replace(reading, problem=missing(reading.fields, contract))


def hold_form(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    if arrival.content_type.lower() != FORM:
        problem = f"The Content-Type is {arrival.content_type!a}: send {FORM}."
        return replace(reading, problem=problem, refusal=Answer(415, problem.encode() + b"\n", TEXT))
    return hold_query(reading, arrival, contract)
