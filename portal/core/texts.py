"""Short texts that people type: what can't be stored or shown in one line, said in a sentence."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def line_problem(label: str, text: str, most: int) -> str | None:
    """Say what is wrong with a text of one line, or None. ``label`` is what the page calls it."""
    if len(text) > most:
        return f"{label} has {len(text):,} characters; at most {most:,} are kept. Shorten it."
    if _CONTROL.search(text):
        return f"{label} holds a line break or another control character. Remove it."
    if _SURROGATE.search(text):
        return f"{label} holds half of a character (a lone surrogate). Type it again."
    return None


def fold(name: str) -> str:
    """Give what two names share that a reader takes for the same."""
    return " ".join(name.split()).casefold()
