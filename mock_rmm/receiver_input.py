"""Makes a receiver of what a person, a script or a file asked for, or says what is wrong, field by field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mock_rmm.callout import FIELDS
from mock_rmm.problems import Problems
from mock_rmm.receiver import (
    ASP_NET,
    LENIENT,
    STRICT,
    STRUCT,
    STYLES,
    VERSIONS,
    Contract,
    Receiver,
    without_method,
)
from mock_rmm.xml_names import is_name, is_namespace

FOLDER = "/callouts/"
LONGEST_PATH = 200
LONGEST_TEXT = 255
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?")
_PATH = re.compile(r"/callouts(/(?!\.{1,2}(/|\Z))[A-Za-z0-9._~-]+)+")
_RPC_METHOD = re.compile(r"[A-Za-z0-9_.:/]+")


@dataclass(frozen=True)
class Terms:
    """What can be asked of a receiver with a certain door."""

    path: str
    """That of the built-in one."""
    http_method: str
    modes: tuple[str, ...]
    keys: tuple[str, ...]
    """What its contract can say besides what any can."""


TERMS = {
    "name-value-get": Terms("/callouts/name-value", "GET", (LENIENT, STRICT), ()),
    "name-value-post": Terms("/callouts/name-value", "POST", (LENIENT, STRICT), ()),
    "soap": Terms(
        "/callouts/soap",
        "POST",
        (LENIENT, STRICT, ASP_NET),
        ("method", "soap_action", "namespace", "versions"),
    ),
    "xml-rpc": Terms("/callouts/xml-rpc", "POST", (LENIENT, STRICT), ("method", "style")),
}
"""The doors themselves say the same; they take a second to import, and a mistake should be told at once."""

ANY_KEYS = ("name", "door", "path", "mode", "required", "username", "password")
KEYS = (*ANY_KEYS, "method", "soap_action", "namespace", "versions", "style")


def read_receiver(given: Mapping[str, Any]) -> Receiver | Problems:
    terms = TERMS.get(given["door"]) if isinstance(given.get("door"), str) else None
    if terms is None:
        return {"door": f"Choose one of {', '.join(TERMS)}."}
    reading = _Reading(given, terms)
    contract = Contract(
        method=reading.text("method"),
        namespace=reading.text("namespace"),
        soap_action=reading.text("soap_action"),
        versions=reading.some("versions", VERSIONS) or VERSIONS,
        style=reading.one("style", tuple(STYLES), STRUCT),
        required=reading.some("required", FIELDS),
        username=reading.text("username"),
        password=reading.text("password"),
    )
    name = reading.text("name")
    receiver = Receiver(
        name=name,
        door=given["door"],
        path=reading.text("path") or FOLDER + name,
        mode=reading.one("mode", terms.modes, LENIENT),
        contract=_complete(contract),
    )
    reading.check(receiver)
    return reading.problems or receiver


def _complete(contract: Contract) -> Contract:
    """The SOAP Action and the namespace each follow from the other, as a portal has it."""
    action = contract.soap_action or (contract.namespace and contract.namespace + contract.method)
    namespace = contract.namespace or without_method(action, contract.method)
    return replace(contract, soap_action=action, namespace=namespace)


class _Reading:
    """Reads values one by one, and gathers what is wrong with them; the first thing wrong with each stays."""

    def __init__(self, given: Mapping[str, Any], terms: Terms) -> None:
        self._given = given
        self._terms = terms
        self.problems: Problems = {}
        for key in given:
            if key not in KEYS:
                self.problems[key] = f"Unknown. Known are {', '.join(KEYS)}."
            elif key not in ANY_KEYS and key not in terms.keys:
                self.problems[key] = f"The door {given['door']} has no {key}: leave it out."

    def text(self, key: str) -> str:
        value = self._given.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            return self._blame(key, f"Give a text of at most {LONGEST_TEXT} characters.")
        if not all(character.isprintable() for character in value):
            return self._blame(key, "Keep it to one line of printable characters.")
        return value if key == "password" else value.strip()

    def one(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value = self._given.get(key, default)
        if isinstance(value, str) and value in choices:
            return value
        self._blame(key, f"Choose one of {', '.join(choices)}.")
        return default

    def some(self, key: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        value = self._given.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or any(each not in choices for each in value):
            self._blame(key, f"Give a list of some of {', '.join(choices)}.")
            return ()
        if key == "versions" and not value:
            self._blame(key, f"Give at least one of {', '.join(choices)}.")
        return tuple(each for each in choices if each in value)

    def check(self, receiver: Receiver) -> None:
        """Look at the values together."""
        contract = receiver.contract
        if not _NAME.fullmatch(receiver.name):
            self._blame("name", "Give a name of 1 to 60 lower-case letters, digits and hyphens.")
        if receiver.name in TERMS:
            self._blame("name", f"{receiver.name} is built in, and stays as it is: take another name.")
        if "name" not in self.problems and (
            not _PATH.fullmatch(receiver.path) or len(receiver.path) > LONGEST_PATH
        ):
            self._blame(
                "path", f"Give a path such as {FOLDER}acme: letters, digits, hyphens, dots and slashes."
            )
        for key, other in (("username", "password"), ("password", "username")):
            if getattr(contract, key) and not getattr(contract, other):
                self._blame(other, f"Give the {other} too, or leave out the {key}.")
        if ":" in contract.username:
            self._blame("username", "HTTP Basic can't carry a colon in the user name.")
        if "soap_action" in self._terms.keys:
            self._check_soap(receiver)
        elif "method" in self._terms.keys:
            self._check_method(
                receiver, contract.method == "" or bool(_RPC_METHOD.fullmatch(contract.method))
            )

    def _check_soap(self, receiver: Receiver) -> None:
        contract = receiver.contract
        self._check_method(receiver, contract.method == "" or is_name(contract.method))
        if any(not "!" <= character <= "~" or character == '"' for character in contract.soap_action):
            self._blame("soap_action", "Give an address in ASCII, without spaces and quotation marks.")
        if contract.namespace and not is_namespace(contract.namespace):
            self._blame("namespace", "Give an address such as http://tempuri.org/ for the namespace.")
        described = receiver.mode != LENIENT or contract.method != ""
        if described and not contract.soap_action:
            self._blame("soap_action", "Give it, or the namespace: a method is known by both.")
        elif described and not contract.namespace:
            self._blame(
                "namespace", "Nothing is left of the SOAP Action without the method: give the namespace."
            )

    def _check_method(self, receiver: Receiver, usable: bool) -> None:  # noqa: FBT001 (one question, one answer)
        if receiver.mode != LENIENT and not receiver.contract.method:
            self._blame(
                "method", f"A {receiver.mode} receiver needs it: the name of the method to be called."
            )
        if not usable:
            self._blame("method", "This can't be the name of a method: give one such as TicketChanged.")

    def _blame(self, key: str, problem: str) -> str:
        self.problems.setdefault(key, problem)
        return ""
