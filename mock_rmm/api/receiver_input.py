"""A receiver as a person, a script or a file asks for it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from msgspec import Meta, Struct

from mock_rmm.api.reading import Problems, label, line, one_of, read, words
from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.receiver import (
    KINDS,
    LENIENT,
    MODES,
    STRUCT,
    STYLES,
    VERSIONS,
    Contract,
    Kind,
    Receiver,
    without_method,
)
from mock_rmm.endpoints.xml_guard import is_name, is_namespace

FOLDER = "/callouts/"
ANY_KEYS = ("name", "door", "path", "mode", "required", "username", "password")
_RPC_METHOD = re.compile(r"[A-Za-z0-9_.:/]+")

Line = Annotated[str, line(most=255)]
Path = Annotated[
    str,
    Meta(pattern=r"^(/callouts(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+)?$", max_length=200),
    label("Path", f"Empty: {FOLDER} and the name"),
    words(f"Give a path such as {FOLDER}acme: letters, digits, hyphens, dots and slashes.", line="stripped"),
]
Action = Annotated[Line, label("SOAP action", "For example http://tempuri.org/TicketChanged")]
Namespace = Annotated[Line, label("Namespace", "Empty: the SOAP action without the method name")]
_Version = Annotated[str, one_of(VERSIONS)]
Versions = Annotated[list[_Version], Meta(min_length=1), label("Versions of SOAP", "A portal sends 1.1")]
Style = Annotated[str, one_of(STYLES), label("XML-RPC parameters", "How the seven values are passed")]
_REQUIRED = label("Required values", "A strict receiver refuses a callout in which one of these is empty")
Required = Annotated[list[Annotated[str, one_of(FIELDS)]], _REQUIRED]
Username = Annotated[Line, label("User name", "Empty: the mock RMM's own user name and password")]


class WantedReceiver(Struct, forbid_unknown_fields=True):
    name: Annotated[
        str,
        Meta(pattern="^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$"),
        label("Name", "Lower-case letters, digits and hyphens, for example acme"),
        words("Give a name of 1 to 60 lower-case letters, digits and hyphens.", line="stripped"),
    ]
    door: Annotated[str, one_of(KINDS), label("Endpoint", "The format that it takes")]
    path: Path | None = None
    mode: Annotated[str, one_of(MODES), label("Mode", "What it does with a call it doesn't expect")] = LENIENT
    method: Annotated[Line, label("Method name", "SOAP and XML-RPC, for example TicketChanged")] | None = None
    soap_action: Action | None = None
    namespace: Namespace | None = None
    versions: Versions | None = None
    style: Style | None = None
    required: Required | None = None
    username: Username | None = None
    password: Annotated[str, line(most=255, strip=False), label("Password", format="password")] | None = None

    def receiver(self) -> Receiver:
        """The SOAP Action and the namespace each follow from the other, as in a portal."""
        contract = Contract(
            method=self.method or "",
            namespace=self.namespace or "",
            soap_action=self.soap_action or "",
            versions=tuple(each for each in VERSIONS if self.versions is None or each in self.versions),
            style=self.style or STRUCT,
            required=tuple(each for each in FIELDS if each in (self.required or ())),
            username=self.username or "",
            password=self.password or "",
        )
        action = contract.soap_action or (contract.namespace and contract.namespace + contract.method)
        namespace = contract.namespace or without_method(action, contract.method)
        contract = replace(contract, soap_action=action, namespace=namespace)
        return Receiver(self.name, self.door, self.path or FOLDER + self.name, self.mode, contract)

    def problems(self) -> Problems:
        kind = KINDS.get(self.door)
        return {} if kind is None else dict(reversed([*self._wrong(kind)]))

    def _wrong(self, kind: Kind) -> Iterator[tuple[str, str]]:
        for key in self.__struct_fields__:
            if key not in (*ANY_KEYS, *kind.contract) and getattr(self, key) is not None:
                yield key, f"The endpoint {kind.name} has no {key}: leave it out."
        if self.mode not in kind.modes:
            yield "mode", f"Choose one of {', '.join(kind.modes)}."
        if self.name in KINDS:
            yield "name", f"{self.name} is built in, and stays as it is: take another name."
        for key, other in (("username", "password"), ("password", "username")):
            if getattr(self, key) and not getattr(self, other):
                yield other, f"Give the {other} too, or leave out the {key}."
        if ":" in (self.username or ""):
            yield "username", "HTTP Basic can't carry a colon in the user name."
        contract = self.receiver().contract
        if "method" in kind.contract:
            yield from self._wrong_method(kind, contract.method)
        if "soap_action" in kind.contract:
            yield from self._wrong_soap(contract)

    def _wrong_method(self, kind: Kind, method: str) -> Iterator[tuple[str, str]]:
        usable = is_name(method) if kind.name == "soap" else _RPC_METHOD.fullmatch(method)
        if not method and self.mode != LENIENT:
            yield "method", f"A {self.mode} receiver needs it: the name of the method to be called."
        if method and not usable:
            yield "method", "This can't be the name of a method: give one such as TicketChanged."

    def _wrong_soap(self, contract: Contract) -> Iterator[tuple[str, str]]:
        if any(not "!" <= character <= "~" or character == '"' for character in contract.soap_action):
            yield "soap_action", "Give an address in ASCII, without spaces and quotation marks."
        if contract.namespace and not is_namespace(contract.namespace):
            yield "namespace", "Give an address such as http://tempuri.org/ for the namespace."
        described = self.mode != LENIENT or contract.method != ""
        if described and not contract.soap_action:
            yield "soap_action", "Give it, or the namespace: a method is known by both."
        elif described and not contract.namespace:
            yield ("namespace", "Nothing is left of the SOAP Action without the method: give the namespace.")


def read_receiver(given: Any) -> Receiver | Problems:
    wanted = read(WantedReceiver, given)
    return wanted if isinstance(wanted, dict) else wanted.receiver()
