"""What goes over the wire: the seven values of a callout, and the request that carries them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Self

# XML 1.0, production [2] Char: everything else may not stand in a document, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Fields:
    """The seven values, in the order in which every format sends them."""

    id: str
    number: str
    status: str
    created_datetime: str
    last_activity_datetime: str
    domain: str
    udf: str

    def pairs(self) -> Iterator[tuple[str, str]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def as_dict(self) -> dict[str, str]:
        return dict(self.pairs())

    @classmethod
    def from_dict(cls, values: dict[str, str]) -> Self:
        return cls(**{field.name: values.get(field.name, "") for field in fields(cls)})


FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Fields))


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a callout is sent, as it stands at the moment of sending."""

    url: str
    transport: str
    method_name: str = ""
    soap_action: str = ""
    namespace_override: str = ""
    xml_rpc_parameters: str = "struct"


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without the headers that every callout bears. ``replaced`` counts the characters
    that the format cannot carry and that were sent as U+FFFD.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """The receiver said, in the format's own words, that it failed."""

    text: str


def printable_in_xml(text: str) -> tuple[str, int]:
    """Replace what XML 1.0 cannot carry by U+FFFD; say how many characters that were."""
    return _NOT_XML.subn(REPLACEMENT, text)


def encodable(text: str) -> tuple[str, int]:
    """Replace lone surrogates, which UTF-8 cannot carry, by U+FFFD; say how many that were."""
    return _SURROGATE.subn(REPLACEMENT, text)


def one_line(text: str, most: int = 500) -> str:
    """Fold white space and cut: what a receiver said, so that it can stand in a sentence."""
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[:most] + "…"
