"""Short texts that people type: what can't be stored or shown in one line, and what a page could be disturbed by."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# all that some program begins a new line at: Unicode's line and paragraph separators, and Python's
_LINE_SEPARATORS = re.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# letters that are written from right to left, and the characters that turn directions
_TURNS = re.compile(
    "[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATES, _FIRST_STRONG, _POP = "\u2066\u2067\u2068", "\u2068", "\u2069"
_QUOTED = re.compile("“([^“”]*)”")


def line_problem(label: str, text: str, most: int) -> str | None:
    """Say what is wrong with a text of one line, or None. ``label`` is what the page calls it."""
    if len(text) > most:
        return f"{label} has {len(text):,} characters; at most {most:,} are kept. Shorten it."
    if _CONTROL.search(text):
        return f"{label} holds a line break or another control character. Remove it."
    if _SURROGATE.search(text):
        return f"{label} holds half of a character (a lone surrogate). Type it again."
    return None


def fold(text: str) -> str:
    """Give what a reader takes for the same text: without regard to case, and to how a letter is composed.

    Unicode's canonical caseless match (The Unicode Standard, D145), composed again. It serves names, every search
    and Contains; whether ids and values are equal is asked of the texts themselves.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def kept_fold(text: str | None) -> str | None:
    """Give what is kept beside a text that is searched; None where every database's lower() says the same."""
    return None if not text or text.isascii() else fold(text)


def fold_name(name: str) -> str:
    """Fold a name; one blank more or less between its words makes no other name."""
    return fold(" ".join(name.split()))


def as_line(text: str) -> str:
    """Give a text as a line: separators of lines, of every sort and however many in a row, become one space."""
    return _LINE_SEPARATORS.sub(" ", text.strip())


def trimmed(text: str, stored: str | None) -> str:
    """Give an entered text without blanks around it, but as it is where it is what is stored already."""
    return text if text == stored else text.strip()


def isolated(text: str) -> str:
    """Keep the directions of a text from what stands around it, where no ``<bdi>`` can: titles, attributes, mails.

    A sentence's quoted parts are names that somebody gave: each is kept to itself as well. Only what could turn
    anything is wrapped, in Unicode's FSI and PDI: https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates
    """
    if text.isascii() or not _TURNS.search(text):
        return text
    return _wrapped(_QUOTED.sub(lambda quoted: f"“{_wrapped(quoted[1])}”", text))


def _wrapped(text: str) -> str:
    """Wrap a text that could turn what stands around it.

    An isolate that is left open is closed, and one that is closed without having been opened is left out: it
    would end the wrapping.
    """
    if not _TURNS.search(text):
        return text
    kept, still_open = [], 0
    for each in text:
        if each == _POP and not still_open:
            continue
        still_open += (each in _ISOLATES) - (each == _POP)
        kept.append(each)
    return _FIRST_STRONG + "".join(kept) + _POP * (still_open + 1)
