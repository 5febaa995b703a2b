"""Short texts that people type: checks, comparison without case, and text direction."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# all line breaks: Unicode's line and paragraph separators, and Python's
_LINE_SEPARATORS = re.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# right-to-left letters, and the characters that change direction
_BIDI = re.compile(
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
    """Fold a text, so that texts that read alike are equal: without case, and however letters are composed.

    Unicode's canonical caseless match (The Unicode Standard, D145), in NFC. It is used for names, every search and
    Contains; ids and values are compared as they are.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def kept_fold(text: str | None) -> str | None:
    """Return the fold that is stored beside a searched text; None where every database's lower() gives the same."""
    return None if not text or text.isascii() else fold(text)


def fold_name(name: str) -> str:
    """Fold a name; several blanks between words count as one."""
    return fold(" ".join(name.split()))


def as_line(text: str) -> str:
    """Return a text as one line: each run of line breaks of any kind becomes one space."""
    return _LINE_SEPARATORS.sub(" ", text.strip())


def trimmed(text: str, stored: str | None) -> str:
    """Strip an entered text, unless it is exactly the stored one."""
    return text if text == stored else text.strip()


def isolated(text: str) -> str:
    """Isolate a text's direction from its surroundings, where ``<bdi>`` can't be used: titles, attributes, mails.

    A sentence's quoted parts are names that users chose, and are isolated as well. Only text that could change the
    direction is wrapped, in Unicode's FSI and PDI: https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates
    """
    if text.isascii() or not _BIDI.search(text):
        return text
    return _wrapped(_QUOTED.sub(lambda quoted: f"“{_wrapped(quoted[1])}”", text))


def _wrapped(text: str) -> str:
    """Wrap a text that could change the direction of its surroundings.

    An open isolate is closed, and a closing character without an opening one is removed: it would end the wrapping.
    """
    if not _BIDI.search(text):
        return text
    kept, still_open = [], 0
    for each in text:
        if each == _POP and not still_open:
            continue
        still_open += (each in _ISOLATES) - (each == _POP)
        kept.append(each)
    return _FIRST_STRONG + "".join(kept) + _POP * (still_open + 1)
