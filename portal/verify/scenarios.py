"""What is proved in every pair: one entry a scenario, and this literal list of them."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.verify.private_stack import RESEND_LIMIT, SEND_TIMEOUT
from portal.verify.rmm import Rmm

ALL_FORMATS = ("name_value", "soap", "xml_rpc")


@dataclass(frozen=True, slots=True)
class Scenario:
    """``trouble`` is ordered at a door before the ticket is completed.

    ``attempts`` is what the portal and the receiver's journal must both count. With ``credentials_changed``
    it is every door that refuses, so these scenarios have a round of their own.
    """

    name: str
    label: str
    attempts: int
    trouble: Callable[[Rmm, str], None]
    delivered: bool = True
    credentials_changed: bool = False
    formats: tuple[str, ...] = ALL_FORMATS


def _nothing(_rmm: Rmm, _door: str) -> None:
    pass


def _unavailable_twice(rmm: Rmm, door: str) -> None:
    rmm.order_fault(door, "status", status=503, times=2)


def _fault_in_ok(rmm: Rmm, door: str) -> None:
    rmm.order_fault(door, "fault", status=200, times=1)


def _too_slow(rmm: Rmm, door: str) -> None:
    rmm.order_fault(door, "delay", seconds=SEND_TIMEOUT + 1, times=1)


def _reset(rmm: Rmm, door: str) -> None:
    rmm.order_fault(door, "reset", times=1)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("round-trip", "Round trip", 1, _nothing),
    Scenario("unavailable-twice", "503 twice", 3, _unavailable_twice),
    Scenario("fault-in-200", "Fault inside a 200", 2, _fault_in_ok, formats=("soap", "xml_rpc")),
    Scenario("slow", "Slower than the time-out", 2, _too_slow),
    Scenario("reset", "Connection reset", 2, _reset),
    Scenario(
        "refused",
        "Credentials refused",
        1 + RESEND_LIMIT,
        _nothing,
        delivered=False,
        credentials_changed=True,
    ),
)
