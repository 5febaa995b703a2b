"""A door that holds what comes in against a contract, before it is answered."""

from collections.abc import Callable

from mock_rmm.doors.door import Act, Answer, Arrival, Door, Reading
from mock_rmm.receiver import Contract

Hold = Callable[[Reading, Arrival, Contract], Reading]
"""Gives the reading as the contract has it: a broken one is its problem, with the code or answer that goes with it."""

Describe = Callable[[Contract, str], bytes | None]


def hold_nothing(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    del arrival, contract
    return reading


def describe_nothing(contract: Contract, address: str) -> None:
    del contract, address


class Contracted:
    def __init__(self, door: Door, contract: Contract, hold: Hold, describe: Describe) -> None:
        self._door = door
        self._contract = contract
        self._hold = hold
        self._describe = describe
        self.name = door.name
        self.label = door.label
        self.path = door.path
        self.method = door.method
        self.has_fault = door.has_fault

    def charset(self, arrival: Arrival) -> str:
        return self._door.charset(arrival)

    def read(self, arrival: Arrival) -> Reading:
        return self._hold(self._door.read(arrival), arrival, self._contract)

    def answer(self, reading: Reading, act: Act) -> Answer:
        return self._door.answer(reading, act)

    def refuse(self, reading: Reading) -> Answer:
        return reading.refusal or self._door.refuse(reading)

    def fault(self, reading: Reading, message: str, status: int) -> Answer:
        return self._door.fault(reading, message, status)

    def wsdl(self, address: str) -> bytes | None:
        return self._describe(self._contract, address) or self._door.wsdl(address)
