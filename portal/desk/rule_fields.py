"""The fields that a rule's conditions can look at, and which operators and values make sense for each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.eastern import is_day, read_moment
from portal.core.numbers import MOST_DIGITS, read_number
from portal.core.problems import Invalid
from portal.core.rules import Operator
from portal.core.texts import fold_name
from portal.desk.references import Option
from portal.models import Company, PicklistValue, Resource, Udf
from portal.models.udf import DATE, LIST, NUMBER
from portal.tickets.fields import FIELDS, TicketField, udf_field

TEXT_KIND, CHOICE_KIND, NUMBER_KIND, DAY_KIND, MOMENT_KIND = "text", "choice", "number", "day", "moment"
KINDS = (TEXT_KIND, CHOICE_KIND, NUMBER_KIND, DAY_KIND, MOMENT_KIND)
# A list's values have numbers behind their labels, so "Status greater than New" would mean nothing.
_SENSELESS = {CHOICE_KIND: {"greater", "less", "contains"}, DAY_KIND: {"contains"}, MOMENT_KIND: {"contains"}}
_MAX_OPERAND, _MAX_OPERANDS, _MOST_NAMED = 1000, 200, 12


@dataclass(frozen=True, slots=True)
class ConditionField:
    """``kind`` says how its values are entered: text, choice, number, day or moment (with a zone)."""

    name: str
    label: str
    kind: str
    options: tuple[Option, ...] = ()
    active: bool = True

    def takes(self, operator: str) -> bool:
        return operator not in _SENSELESS.get(self.kind, ())


def condition_fields(session: Session) -> dict[str, ConditionField]:
    """List every field by its name: the ticket's own, then the user-defined ones, inactive ones included."""
    found = [_ticket_field(session, field) for field in FIELDS.values()]
    udfs = session.scalars(select(Udf).order_by(Udf.name))
    found += [_udf_field(udf) for udf in udfs]
    return {field.name: field for field in found}


def operands_of(
    field: ConditionField, operator: Operator, typed: Sequence[str], kept: Collection[str]
) -> tuple[str, ...]:
    """Return a condition's values as they are stored, or raise Invalid with a sentence under "".

    ``kept`` are the values that this rule already compares the field with: they may be inactive. A
    choice may be entered by its label too.
    """
    if operator.operands == 0:
        return ()
    values = [text.strip() for text in typed if text.strip()]
    if not values:
        raise Invalid(
            {"": "Enter a value, or choose Is empty." if operator.operands == 1 else "Enter values."}
        )
    if operator.operands == 1 and len(values) > 1:
        raise Invalid({"": f"{operator.label} takes one value. Choose In list for several."})
    if len(values) > _MAX_OPERANDS:
        raise Invalid({"": f"A list has at most {_MAX_OPERANDS} values."})
    return tuple(dict.fromkeys(_operand(field, text, kept) for text in values))


def _operand(field: ConditionField, text: str, kept: Collection[str]) -> str:
    if len(text) > _MAX_OPERAND:
        raise Invalid({"": f"A value has at most {_MAX_OPERAND:,} characters."})
    if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise Invalid({"": "The value holds a character that can't be stored. Type it again."})
    match field.kind:
        case "choice":
            return _choice(field, text, kept)
        case "number":
            return _number(field, text)
        case "day":
            return _day(field, text)
        case "moment":
            return _moment(field, text)
        case _:
            return text


def _choice(field: ConditionField, text: str, kept: Collection[str]) -> str:
    usable = [option for option in field.options if option.active or option.value in kept]
    for option in usable:
        if option.value == text:
            return text
    for option in usable:
        if fold_name(option.label) == fold_name(text):
            return option.value
    labels = [option.label for option in usable]
    offer = ", ".join(labels[:_MOST_NAMED]) + (", …" if len(labels) > _MOST_NAMED else "")
    raise Invalid({"": f"{field.label} has no active value “{text}”. It has: {offer or 'none'}."})


def _number(field: ConditionField, text: str) -> str:
    if read_number(text) is not None:
        return text
    raise Invalid({"": f"{field.label} is a number: write at most {MOST_DIGITS} digits, like 42 or 3.5."})


def _day(field: ConditionField, text: str) -> str:
    if is_day(text):
        return text
    raise Invalid({"": f"{field.label} is a date: write it as 2030-01-31."})


def _moment(field: ConditionField, text: str) -> str:
    """Conditions compare texts, so a moment is stored as the engine writes it: in UTC."""
    try:
        return read_moment(text, None, minutes=True).isoformat()
    except ValueError:
        raise Invalid(
            {"": f"{field.label} is a date and a time: write it as 2030-01-31T14:00, with its zone."}
        ) from None


def _ticket_field(session: Session, field: TicketField) -> ConditionField:
    kinds = {"text": TEXT_KIND, "date": MOMENT_KIND}
    return ConditionField(
        field.name, field.label, kinds.get(field.kind, CHOICE_KIND), _options_of(session, field)
    )


def _options_of(session: Session, field: TicketField) -> tuple[Option, ...]:
    match field.kind:
        case "picklist":
            query = select(PicklistValue).filter_by(list_name=field.name)
            rows = session.scalars(query.order_by(PicklistValue.sort, PicklistValue.label))
            return tuple(Option(str(row.value), row.label, row.active) for row in rows)
        case "company":
            companies = session.scalars(select(Company).order_by(Company.name))
            return tuple(Option(str(row.id), row.name, row.active) for row in companies)
        case "resource":
            resources = session.scalars(select(Resource).order_by(Resource.last_name, Resource.first_name))
            return tuple(Option(str(row.id), row.name, row.active) for row in resources)
        case _:
            return ()


def _udf_field(udf: Udf) -> ConditionField:
    kind = {NUMBER: NUMBER_KIND, DATE: DAY_KIND, LIST: CHOICE_KIND}.get(udf.type, TEXT_KIND)
    options = tuple(Option(each, each) for each in udf.choices()) if udf.type == LIST else ()
    return ConditionField(udf_field(udf.id), udf.name, kind, options, udf.active)
