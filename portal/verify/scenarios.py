"""The scenarios that are proved with every pair."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.verify.private_stack import RESEND_LIMIT, SEND_TIMEOUT
from portal.verify.rmm import Rmm

ALL_FORMATS = ("name_value", "soap", "xml_rpc")


@dataclass(frozen=True, slots=True)
class Scenario:
    """``fault`` is set at the pair's endpoint before the ticket is completed.

    ``attempts`` is what both the portal and the receiver's journal must count. With ``credentials_changed`` all
    endpoints refuse, so these scenarios run in a round of their own.
    """

    name: str
    label: str
    attempts: int
    fault: Callable[[Rmm, str], None]
    delivered: bool = True
    credentials_changed: bool = False
    formats: tuple[str, ...] = ALL_FORMATS


def _nothing(_rmm: Rmm, _door: str) -> None:
    pass


def _unavailable_twice(rmm: Rmm, endpoint: str) -> None:
    rmm.add_fault(endpoint, "status", status=503, times=2)


def _fault_in_ok(rmm: Rmm, endpoint: str) -> None:
    rmm.add_fault(endpoint, "fault", status=200, times=1)


def _too_slow(rmm: Rmm, endpoint: str) -> None:
    rmm.add_fault(endpoint, "delay", seconds=SEND_TIMEOUT + 1, times=1)


def _reset(rmm: Rmm, endpoint: str) -> None:
    rmm.add_fault(endpoint, "reset", times=1)


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
