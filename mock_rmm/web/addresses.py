"""Where callouts can be sent: each address once, with all that listens there."""

from collections.abc import Iterable
from dataclasses import dataclass

from mock_rmm.doors import DOORS
from mock_rmm.receivers import BUILT_IN, LENIENT, Receiver
from mock_rmm.rmm import Rmm


@dataclass(frozen=True)
class Address:
    url: str
    words: str
    username: str


def addresses_of(rmm: Rmm, url_root: str) -> list[Address]:
    """Receivers that share an address differ in their HTTP method, and stand together."""
    by_path: dict[str, list[Receiver]] = {}
    for receiver in rmm.receivers.all():
        by_path.setdefault(receiver.path, []).append(receiver)
    return [
        Address(
            url=url_root.rstrip("/") + path,
            words=_joined(map(words, here)),
            username=rmm.credentials_of(here[0]).username,
        )
        for path, here in by_path.items()
    ]


def words(receiver: Receiver) -> str:
    """A built-in receiver by its door's label; another by its name, its format and its mode."""
    label = DOORS[receiver.door].label
    if receiver.name in BUILT_IN:
        return label
    return f"{receiver.name} ({label}{'' if receiver.mode == LENIENT else f', {receiver.mode}'})"


def _joined(parts: Iterable[str]) -> str:
    return " and ".join(parts)
