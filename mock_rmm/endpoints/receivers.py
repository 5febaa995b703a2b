"""The receivers, built in and set up, which only this code stores; and what to type into a portal's editor for one."""

import threading
from collections.abc import Iterable

from mock_rmm.endpoints.receiver import KINDS, STYLES, Contract, Receiver, without_method
from mock_rmm.endpoints.spyne_application import NAMESPACE, OPERATION

ANYTHING = Contract(method=OPERATION, namespace=NAMESPACE, soap_action=NAMESPACE + OPERATION)
"""For a receiver that takes any method: the one in its WSDL."""


def editor_values(receiver: Receiver, url: str, username: str) -> list[tuple[str, str]]:
    """The editor's fields in their order, by its own names; the password is shown nowhere."""
    kind = receiver.kind
    values = [("URL", url), ("Username", username)]
    values += [("HTTP Transport Method", kind.method), ("Data Format", kind.data_format)]
    contract = receiver.contract if receiver.contract.method else ANYTHING
    if receiver.endpoint == "soap":
        values += [("Method Name", contract.method), ("SOAP Action", contract.soap_action)]
        if without_method(contract.soap_action, contract.method) != contract.namespace:
            values.append(("Namespace override", contract.namespace))
    if receiver.endpoint == "xml-rpc":
        values += [("Method Name", contract.method), ("XML-RPC parameters", STYLES[contract.style])]
    return values


def editor_remarks(receiver: Receiver) -> list[str]:
    """What else is to know."""
    own = "this receiver's own" if receiver.contract.username else "the mock RMM's"
    remarks = [f"The password is {own}; it is shown nowhere."]
    if receiver.endpoint == "soap" and "1.1" not in receiver.contract.versions:
        refused = "A portal sends SOAP 1.1, which this receiver refuses"
        remarks.append(f"{refused}: only other senders can reach it.")
    if not receiver.contract.method and receiver.endpoint in {"soap", "xml-rpc"}:
        remarks.append("Any other method will do as well.")
    if receiver.contract.required:
        needed = ", ".join(receiver.contract.required)
        remarks.append(f"It refuses a callout in which one of these is empty: {needed}.")
    return remarks


BUILT_IN = {kind.name: Receiver(kind.name, kind.name, kind.path) for kind in KINDS.values()}
"""Lenient, named like their endpoints; they can't be removed."""


class Receivers:
    def __init__(self, initial: Iterable[Receiver] = ()) -> None:
        self._initial = tuple(initial)
        self._lock = threading.Lock()
        self._kept: dict[str, Receiver] = {}
        self._by_path: dict[str, tuple[Receiver, ...]] = {}
        self.version = 0  # another number after each change
        self.reset()

    def all(self) -> list[Receiver]:
        with self._lock:
            return list(self._kept.values())

    def get(self, name: str) -> Receiver | None:
        with self._lock:
            return self._kept.get(name)

    def at(self, path: str) -> tuple[Receiver, ...]:
        """The receivers at this address: several when each takes another HTTP method."""
        with self._lock:
            return self._by_path.get(path, ())

    def put(self, receiver: Receiver, *, instead_of: str | None = None) -> Receiver | None:
        """Set one up, or return the other that has its name or address already.

        It replaces `instead_of`, none where that is empty, and by default the one with its name.
        """
        replaced = receiver.name if instead_of is None else instead_of
        with self._lock:
            for other in self._kept.values():
                same_place = other.path == receiver.path and other.kind.method == receiver.kind.method
                if other.name != replaced and (same_place or other.name == receiver.name):
                    return other
            if replaced != receiver.name and replaced not in BUILT_IN:
                self._kept.pop(replaced, None)
            self._kept[receiver.name] = receiver
            self._changed()
            return None

    def remove(self, name: str) -> bool:
        """Remove one; a built-in one stays."""
        with self._lock:
            if name in BUILT_IN or name not in self._kept:
                return False
            del self._kept[name]
            self._changed()
            return True

    def reset(self) -> None:
        with self._lock:
            self._kept = {each.name: each for each in (*BUILT_IN.values(), *self._initial)}
            self._changed()

    def _changed(self) -> None:
        """The caller holds the lock."""
        self._by_path = {}
        for receiver in self._kept.values():
            self._by_path[receiver.path] = (*self._by_path.get(receiver.path, ()), receiver)
        self.version += 1
