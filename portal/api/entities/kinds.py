"""The kinds of values that the web services API's fields hold: how each is read from a client's text.

Every client writes text, whatever its format; ``read`` gives the value that the desk keeps, or raises
ValueError with a sentence that goes on after the field's name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core.eastern import XML_SPACE, from_eastern, in_eastern
from portal.models.base import MAX_ID

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}(\.0{1,6})?")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Kind:
    """``searchable`` values can be looked into by Contains and its kin. ``exact`` ones are another system's, which
    looks for them again, and are kept as they came.
    """

    name: str
    read: Callable[[str], Any]
    searchable: bool = False
    exact: bool = False


def _integer(text: str) -> int | None:
    text = text.strip(XML_SPACE)
    if not text:
        return None
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"“{shortened(text)}” is no whole number.")
    number = int(text.partition(".")[0])
    if abs(number) > MAX_ID:
        raise ValueError(f"“{text}” is more than 64 bits hold.")
    return number


def _time(text: str) -> datetime | None:
    if not text.strip(XML_SPACE):
        return None
    try:
        moment = from_eastern(text)
    except ValueError as error:
        raise ValueError(f"“{shortened(text.strip())}” {error}") from error
    # what is told is cut to milliseconds: a client that sends back what it read must change nothing
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


INTEGER = Kind("integer", _integer)
TEXT = Kind("text", str, searchable=True)
EXACT_TEXT = Kind("exact text", str, searchable=True, exact=True)
TIME = Kind("time", _time)


def shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def printable(text: str) -> str:
    """Put U+FFFD where a character can't stand in XML."""
    return _NOT_XML.sub("\ufffd", text)


def as_told(value: Any) -> Any:
    """Give a kept value as clients are told it: text that XML can carry, times in US Eastern."""
    match value:
        case str():
            return printable(value)
        case datetime():
            return in_eastern(value)
        case _:
            return value


def same(told: Any, given: Any, *, exact: bool = False) -> bool:
    """Say whether a client sent back what it was told. On its way, text may lose how its lines end.

    Where it is ``exact``, whatever else differs is meant, a blank at an end too.
    """
    if isinstance(told, str) and isinstance(given, str):
        one, other = _plain(told), _plain(given)
        return one == other if exact else one.strip() == other.strip()
    return bool(told == given)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
