"""What every form of the portal has: trimmed text, and problems shown beside their fields."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms.fields import SelectChoice

# WTForms' own sentences, in ours: they say what to do.
_SENTENCES = {
    "Invalid Choice: could not coerce.": "Choose one of the list.",
    "Not a valid choice.": "Choose one of the list.",
    "Not a valid datetime value.": "Write a date and a time, like 2030-01-31 14:00.",
    "Not a valid date value.": "Write a date, like 2030-01-31.",
    "Not a valid integer value.": "Write a whole number.",
}


class _Translations:
    """WTForms asks this for the words of each of its messages."""

    def gettext(self, sentence: str) -> str:
        return _SENTENCES.get(sentence, sentence)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return singular if number == 1 else plural


class PortalForm(FlaskForm):  # type: ignore[misc] # WTForms is untyped
    """A form; ``show`` puts a use case's refusal beside the fields it speaks of."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, form: FlaskForm) -> _Translations:
            del form
            return _Translations()

    def show(self, problems: Mapping[str, str]) -> None:
        """Put each sentence beside its field; what has no field here stands above the form."""
        for name, sentence in problems.items():
            field = self.field_of(name)
            if field is None:
                self.form_errors.append(sentence)
            else:
                field.errors = [*field.errors, sentence]

    def field_of(self, name: str) -> Any | None:
        """Give the field that a use case calls ``name``."""
        return self._fields.get(name.replace(":", "_"))


def choice(value: object, label: str) -> SelectChoice:
    """One option of a select field."""
    return SelectChoice(value=str(value), label=label)


def trim(value: Any) -> Any:
    """Strip a text field's value; a filter."""
    return value.strip() if isinstance(value, str) else value
