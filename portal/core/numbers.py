"""Numbers as people and clients write them, exactly: a float would round 9007199254740993."""

import re
from decimal import Decimal

# databases use the same grammar; with three digits, no exponent makes a number too long to write out
NUMBER = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
MOST_DIGITS = 255
_NUMBER = re.compile(NUMBER)
_PLAIN = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)")
# more than the exponent of any number with so many digits
_SHIFT = 5000
_NINES_COMPLEMENT = str.maketrans("0123456789", "9876543210")


def is_plain_number(text: str) -> bool:
    """Return whether a text is a number as Number fields store it: digits, with a sign and a point."""
    return len(text) <= MOST_DIGITS and _PLAIN.fullmatch(text) is not None


def read_number(text: str) -> Decimal | None:
    """Parse a number, also with an exponent (``1e3``); None if it is invalid or has more than 255 characters."""
    text = text.strip()
    return Decimal(text) if len(text) <= MOST_DIGITS and _NUMBER.fullmatch(text) else None


def number_key(text: str | None) -> str | None:
    """Return a text that compares and sorts as the number does; None if it is no number.

    For SQLite, which has no exact decimals. The sign comes first, then the place of the first digit, then the digits;
    for negative numbers, the nines' complement of all that.
    """
    number = None if text is None else read_number(text)
    if number is None or not number:
        return None if number is None else "1"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    key = f"{number.adjusted() + _SHIFT:04d}{digits}"
    return f"0{key.translate(_NINES_COMPLEMENT)}~" if number < 0 else f"2{key}"
