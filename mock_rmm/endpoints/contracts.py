"""An endpoint that holds calls to a contract before it answers, and the contract of name value pairs."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from mock_rmm.endpoints.endpoint import Act, Answer, Arrival, Endpoint, Reading
from mock_rmm.endpoints.name_value import FORM, TEXT
from mock_rmm.endpoints.receiver import Contract

Hold = Callable[[Reading, Arrival, Contract], Reading]
"""Returns the reading as the contract sees it: a breach is its problem, with the code or answer that goes with it."""

Describe = Callable[[Contract, str], bytes | None]


def hold_nothing(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    del arrival, contract
    return reading


def describe_nothing(contract: Contract, address: str) -> None:
    del contract, address


class Contracted:
    def __init__(self, endpoint: Endpoint, contract: Contract, hold: Hold, describe: Describe) -> None:
        self._endpoint = endpoint
        self._contract = contract
        self._hold = hold
        self._describe = describe
        self.kind = endpoint.kind

    def charset(self, arrival: Arrival) -> str:
        return self._endpoint.charset(arrival)

    def read(self, arrival: Arrival) -> Reading:
        return self._hold(self._endpoint.read(arrival), arrival, self._contract)

    def answer(self, reading: Reading, act: Act) -> Answer:
        return self._endpoint.answer(reading, act)

    def refuse(self, reading: Reading) -> Answer:
        return reading.refusal or self._endpoint.refuse(reading)

    def fault(self, reading: Reading, message: str, status: int) -> Answer:
        return self._endpoint.fault(reading, message, status)

    def wsdl(self, address: str) -> bytes | None:
        return self._describe(self._contract, address) or self._endpoint.wsdl(address)


def hold_query(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    del arrival
    return reading if reading.problem else replace(reading, problem=missing(reading.fields, contract))


def hold_form(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    if arrival.content_type.lower() != FORM:
        return wrong_type(reading, arrival, f"send {FORM}")
    return hold_query(reading, arrival, contract)


def wrong_type(reading: Reading, arrival: Arrival, advice: str) -> Reading:
    """Refuse the Content-Type with HTTP 415."""
    problem = f"The Content-Type is {arrival.content_type!a}: {advice}."
    return replace(reading, problem=problem, refusal=Answer(415, problem.encode() + b"\n", TEXT))


def missing(fields: Mapping[str, str], contract: Contract) -> str:
    """Which required values are absent or empty, in a sentence; nothing when all are there."""
    absent = [name for name in contract.required if name not in fields]
    empty = [name for name in contract.required if name in fields and not fields[name].strip()]
    sentences = []
    if absent:
        sentences.append(f"{_are(absent)} required here and didn't come.")
    if empty:
        sentences.append(f"{_are(empty)} required here and came empty.")
    return " ".join(sentences)


def _are(names: list[str]) -> str:
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{listed} {'is' if len(names) == 1 else 'are'}"
