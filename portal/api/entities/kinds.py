"""The kinds of values that entities' fields hold, each with how it is parsed and serialized.

Every client's value comes as a text, whatever its protocol. A protocol writes the values that ``serialize`` gives
(int, str, bool, Decimal, datetime) in its own way.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.core.eastern import XML_SPACE, from_eastern
from portal.core.numbers import read_number
from portal.models.base import MAX_ID

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}(\.0{1,6})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Kind:
    """``name`` is the type as clients know it.

    ``parse`` gives the value to keep, None or "" for none, or raises ValueError with a sentence that goes on after
    the field's name. ``serialize`` gives a kept value as clients get it. ``searchable`` values can be looked into
    by Contains and the like. ``exact`` ones belong to another system, which looks for them again, and are kept as they
    came. ``reference`` is the entity that the value is an id of, ``picklist`` the list that it is chosen from.
    """

    name: str
    parse: Callable[[str], Any]
    serialize: Callable[[Any], Any] = lambda value: value
    searchable: bool = False
    exact: bool = False
    reference: str = ""
    picklist: str = ""


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


def _decimal(text: str) -> Decimal | None:
    if not text.strip(XML_SPACE):
        return None
    number = read_number(text)
    if number is None:
        raise ValueError(f"“{shortened(text.strip())}” is no number.")
    return number


def _boolean(text: str) -> bool | None:
    text = text.strip(XML_SPACE)
    if text and text.lower() not in _BOOLEANS:
        raise ValueError(f"“{shortened(text)}” is neither true nor false.")
    return _BOOLEANS.get(text.lower())


def _time(text: str) -> datetime | None:
    if not text.strip(XML_SPACE):
        return None
    try:
        return _to_milliseconds(from_eastern(text))
    except ValueError as error:
        raise ValueError(f"“{shortened(text.strip())}” {error}") from error


def _to_milliseconds(moment: datetime) -> datetime:
    # cut on both ways: a client that sends back what it read must change nothing
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


INTEGER = Kind("integer", _integer)
LONG = replace(INTEGER, name="long")
DECIMAL = Kind("decimal", _decimal)
DOUBLE = replace(DECIMAL, name="double")
BOOLEAN = Kind("boolean", _boolean)
TEXT = Kind("string", str, searchable=True)
EXACT_TEXT = replace(TEXT, exact=True)
TIME = Kind("datetime", _time, _to_milliseconds)


def reference(entity: str) -> Kind:
    """The id of a record of another entity."""
    return replace(INTEGER, reference=entity)


def picklist(name: str) -> Kind:
    """The value of an entry of a list, of core.tickets.LISTS or NOTE_TYPES and the like."""
    return replace(INTEGER, picklist=name)


def shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
