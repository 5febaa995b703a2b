"""Numbers as people and clients write them, exactly: a float would take 9007199254740993 for its neighbour."""

import re
from decimal import Decimal

# what databases read by the same grammar; of three digits, no exponent makes a number that is long to write
NUMBER = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
MOST_DIGITS = 255
_NUMBER = re.compile(NUMBER)
_PLAIN = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)")
# more than any exponent of a number of so many digits
_SHIFT = 5000
_TURNED = str.maketrans("0123456789", "9876543210")


def is_plain_number(text: str) -> bool:
    """Say whether a text is a number as Number fields keep it: digits, with a sign and a point."""
    return len(text) <= MOST_DIGITS and _PLAIN.fullmatch(text) is not None


def read_number(text: str) -> Decimal | None:
    """Read a number, with an exponent too (``1e3``); None for what is none, or has more than 255 characters."""
    text = text.strip()
    return Decimal(text) if len(text) <= MOST_DIGITS and _NUMBER.fullmatch(text) else None


def number_key(text: str | None) -> str | None:
    """Give a text that is equal, and sorts, as the number does; None for what is none.

    For SQLite, which has no exact decimals. The sign comes first, then the place of the first digit, then the
    digits; of negative ones all is turned round.
    """
    number = None if text is None else read_number(text)
    if number is None or not number:
        return None if number is None else "1"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    key = f"{number.adjusted() + _SHIFT:04d}{digits}"
    return f"0{key.translate(_TURNED)}~" if number < 0 else f"2{key}"
