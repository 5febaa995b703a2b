"""What every form of the portal has: trimmed text, and problems shown beside their fields."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms.fields import SelectChoice


class PortalForm(FlaskForm):  # type: ignore[misc] # WTForms is untyped
    """A form; ``show`` puts a use case's refusal beside the fields it speaks of."""

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
