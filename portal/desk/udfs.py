"""Save, switch and delete user-defined fields. Every function works in the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.problems import Invalid, NotFound
from portal.core.texts import fold_name, line_problem, trimmed
from portal.desk.names import name_problem, name_taken
from portal.desk.rule_uses import named, rules_by_field
from portal.models import Callout, Rule, TicketUdf, Udf
from portal.models.udf import LIST, MAX_UDF_VALUE, UDF_TYPES
from portal.tickets.fields import udf_field

MAX_NAME, MAX_OPTIONS = 100, 500
_THING = "user-defined field"


@dataclass(frozen=True, slots=True)
class UdfValues:
    """What an admin enters. ``options`` are a List's values, one a line."""

    name: str
    type: str
    options: str = ""
    active: bool = True

    def choices(self) -> list[str]:
        return [line.strip() for line in self.options.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Uses:
    """What uses a user-defined field: tickets with a value, callouts and rules."""

    tickets: int = 0
    callouts: tuple[Callout, ...] = ()
    rules: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tickets or self.callouts or self.rules)

    def by_whom(self) -> str:
        """Name the callouts and rules, as part of a sentence; "" without any."""
        names = [f"“{each.name}”" for each in self.callouts]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
        callouts = {
            0: "",
            1: f"the extension callout {listed} uses it",
        }.get(len(names), f"the extension callouts {listed} use it")
        return ", and ".join(filter(None, (callouts, named(self.rules))))

    def sentence(self) -> str:
        """Say what uses it: "3 tickets have a value in it, and the extension callout “A” uses it"."""
        some = f"{self.tickets:,} tickets have" if self.tickets > 1 else "one ticket has"
        return ", and ".join(filter(None, (f"{some} a value in it" if self.tickets else "", self.by_whom())))


def save_udf(session: Session, udf_id: int | None, values: UdfValues) -> Udf:
    """Check and save a user-defined field; ``udf_id`` is None for a new one. The caller commits.

    Raises NotFound and Invalid. A removed option of a List stays on the tickets that have it.
    """
    udf = None if udf_id is None else lock_udf(session, udf_id)
    name = trimmed(values.name, udf.name if udf else None)
    same_options = udf is not None and (values.type, values.options) == (udf.type, udf.options)
    found = {
        "name": None
        if udf and name == udf.name
        else name_problem(session, Udf, name, udf_id, _THING, MAX_NAME),
        "type": _type_problem(session, values.type, udf),
        "options": None if same_options else _options_problem(values),
    }
    problems = {field: sentence for field, sentence in found.items() if sentence}
    if problems:
        raise Invalid(problems)
    try:
        with session.begin_nested():
            udf = udf or Udf()
            udf.name, udf.type, udf.active = name, values.type, values.active
            if not same_options:
                udf.options = "\n".join(values.choices())
            session.add(udf)
    except IntegrityError as error:
        raise Invalid({"name": name_taken(_THING, name)}) from error
    return udf


def set_udf_active(session: Session, udf_id: int, *, active: bool) -> Udf:
    """Activate or deactivate a field. Its values stay on their tickets, and callouts still see them."""
    udf = lock_udf(session, udf_id)
    udf.active = active
    return udf


def delete_udf(session: Session, udf_id: int) -> str:
    """Delete a field that nothing uses, and return its name. Raises NotFound and Invalid."""
    udf = lock_udf(session, udf_id)
    name = udf.name
    if reason := why_kept(session, udf):
        raise Invalid({"": reason})
    try:
        with session.begin_nested():
            session.delete(udf)
    except IntegrityError as error:
        reason = why_kept(session, udf) or "Something has just started to use this field. Try again."
        raise Invalid({"": reason}) from error
    return name


def why_kept(session: Session, udf: Udf) -> str:
    """Say why a field can't be deleted, or ""."""
    uses = uses_of(session, [udf.id])[udf.id]
    return (
        f"“{udf.name}” can't be deleted: {uses.sentence()}. Inactivate it instead: it then leaves the ticket "
        "form, and nothing is lost."
        if uses
        else ""
    )


def uses_of(session: Session, udf_ids: Collection[int]) -> dict[int, Uses]:
    """Return what uses each of these fields."""
    filled = select(TicketUdf.udf_id, func.count()).where(TicketUdf.udf_id.in_(udf_ids))
    counts = dict(session.execute(filled.group_by(TicketUdf.udf_id)).all())
    callouts = session.scalars(
        select(Callout).where(Callout.udf_id.in_(udf_ids)).order_by(Callout.name)
    ).all()
    rules = rules_by_field(session, [udf_field(udf_id) for udf_id in udf_ids])
    return {
        udf_id: Uses(
            counts.get(udf_id, 0),
            tuple(each for each in callouts if each.udf_id == udf_id),
            tuple(rules[udf_field(udf_id)]),
        )
        for udf_id in udf_ids
    }


def kept_options(session: Session, udf: Udf) -> dict[str, int]:
    """Count the tickets with an option that the List no longer offers."""
    query = select(TicketUdf.value, func.count()).filter_by(udf_id=udf.id)
    found = session.execute(query.group_by(TicketUdf.value).order_by(TicketUdf.value))
    offered = set(udf.choices())
    return {value: count for value, count in found if udf.type == LIST and value not in offered}


def type_lock(uses: Uses) -> str:
    """Say why a field's type is fixed, or ""."""
    if not uses:
        return ""
    reason = uses.sentence()
    return f"The type can no longer be changed: {reason}. Make a new field for another type."


def lock_udf(session: Session, udf_id: int) -> Udf:
    """Load a field as it is now, and lock it until the commit. Raises NotFound."""
    query = select(Udf).filter_by(id=udf_id).with_for_update()
    udf = session.scalar(query.execution_options(populate_existing=True))
    if udf is None:
        raise NotFound(f"There is no user-defined field with the id {udf_id}.")
    return udf


def _type_problem(session: Session, chosen: str, udf: Udf | None) -> str | None:
    if udf and udf.type == chosen:
        return None
    if chosen not in UDF_TYPES:
        return f"Choose one of: {', '.join(UDF_TYPES.values())}."
    if udf is None:
        return None
    return type_lock(uses_of(session, [udf.id])[udf.id]) or None


def _options_problem(values: UdfValues) -> str | None:
    options = values.choices()
    if values.type != LIST:
        return "Only a List has options: clear this, or choose the type List." if options else None
    if not options:
        return "A List needs at least one option. Write one a line."
    if len(options) > MAX_OPTIONS:
        return f"A List has at most {MAX_OPTIONS} options; these are {len(options):,}."
    seen: set[str] = set()
    for option in options:
        if problem := line_problem(f"The option “{_short(option)}”", option, MAX_UDF_VALUE):
            return problem
        if fold_name(option) in seen:
            return f"The option “{option}” is there twice. Remove one of them."
        seen.add(fold_name(option))
    return None


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
