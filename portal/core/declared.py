"""Settings of an action, a data format or a callout, declared once.

Form, check, storage and sentence follow from a declaration, so a new setting needs no code of its own there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from portal.core.texts import line_problem

Value = str | int | bool | None
_MAX_DIGITS = 18  # what 64 bits always hold
NOT_A_NUMBER = -1  # for text that is no whole number: outside every range, and no row's id


class Kind(StrEnum):
    """What a value is: ``TEXT`` and ``URL`` a line, ``CHOICE`` a key of the choices, ``REFERENCE`` a row's id."""

    TEXT = "text"
    URL = "url"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"
    REFERENCE = "reference"


_EMPTY: Mapping[Kind, Value] = {Kind.NUMBER: None, Kind.REFERENCE: None, Kind.FLAG: False}


@dataclass(frozen=True, slots=True)
class Setting:
    """``name`` is stored and never changes; ``label`` and ``help`` are shown and may."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    help: str = ""
    called: str = ""
    """Its name within a sentence, where that is not the label."""
    required: bool = False
    missing: str = ""
    """The sentence for a required one that is empty, where the usual one says too little."""
    least: int = 0
    most: int = 255
    """The bounds of a number; for a text, ``most`` is its length in characters."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Labels by stored value."""
    refers_to: str = ""
    """Which rows a reference chooses from: a key of ``portal.desk.references.REFERENCES``."""
    repeated: str = ""
    """The sentence where a rule's other action has the same value; empty: that is allowed."""
    secret: bool = False
    """Stored encrypted, and never shown, copied or exported."""
    wrong: Callable[[str], str | None] | None = None
    """Says what is wrong with a text beyond its length, or None."""
    placeholder: str = ""
    spellcheck: bool = True
    mono: bool = False
    wide: bool = False

    @property
    def column(self) -> str:
        """The column that keeps it, in a table that has one for it."""
        if self.secret:
            return f"{self.name}_encrypted"
        return f"{self.name}_id" if self.kind is Kind.REFERENCE else self.name

    @property
    def word(self) -> str:
        return self.called or self.label

    @property
    def initial(self) -> Value:
        """The value of a setting that nobody has entered."""
        return next(iter(self.choices), "") if self.kind is Kind.CHOICE else _EMPTY.get(self.kind, "")

    def parse(self, text: str) -> Value:
        """Parse what a form sends for it. An invalid number becomes NOT_A_NUMBER, which ``problem`` refuses."""
        match self.kind:
            case Kind.NUMBER | Kind.REFERENCE:
                return whole_number(text)
            case Kind.FLAG:
                return bool(text)
            case _:
                return text

    def typed(self, value: Value) -> str:
        """Write a value as a form's control holds it."""
        if self.kind is Kind.FLAG:
            return "y" if value else ""
        return "" if value is None else str(value)

    def shown(self, value: Value) -> str:
        """Write a value within a sentence. Looking up a reference's name is the caller's task."""
        if self.secret:
            return "(secret)"
        match self.kind:
            case Kind.CHOICE:
                return self.choices.get(str(value), str(value))
            case Kind.FLAG:
                return "yes" if value else "no"
            case Kind.NUMBER | Kind.REFERENCE:
                return "none" if value is None else str(value)
            case _:
                return f"“{value}”"

    def problem(self, value: Value) -> str | None:
        """Say what is wrong with a parsed value, or None. Whether a reference exists is not checked here."""
        if self.kind is Kind.CHOICE:
            known = value in self.choices
            return None if known else f"Choose one of: {', '.join(self.choices.values())}."
        if value is None or value == "":
            return (self.missing or f"{self.word} is required.") if self.required else None
        match self.kind:
            case Kind.NUMBER:
                if isinstance(value, int) and self.least <= value <= self.most:
                    return None
                return f"{self.word} is a whole number from {self.least} to {self.most:,}."
            case Kind.TEXT | Kind.URL:
                text = str(value)
                return line_problem(self.word, text, self.most) or (self.wrong(text) if self.wrong else None)
            case _:
                return None


def whole_number(text: str) -> int | None:
    """Read a whole number that may be left out."""
    digits = text.strip()
    if not digits:
        return None
    plain = digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS
    return int(digits) if plain else NOT_A_NUMBER
