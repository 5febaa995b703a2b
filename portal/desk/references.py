"""What a setting can refer to: which rows it may name, and how they are offered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.declared import Setting, Value
from portal.models import Callout, Udf
from portal.models.udf import TEXT


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a field or a setting can have. An inactive one is offered only where it is used already."""

    value: str
    label: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Referable:
    """Rows of a table that settings may refer to."""

    model: type[Callout | Udf]
    options: Callable[[Session], Sequence[Option]]


def exists(session: Session, setting: Setting, value: Value) -> bool:
    return session.get(REFERENCES[setting.refers_to].model, value) is not None


def options_of(session: Session, setting: Setting) -> Sequence[Option]:
    """List everything that a reference could be set to, in the order of a list."""
    return REFERENCES[setting.refers_to].options(session)


def offered(options: Sequence[Option], chosen: Sequence[str]) -> list[Option]:
    """List the options to choose from: active ones, and whatever is chosen, even if it no longer exists."""
    known = {option.value for option in options}
    gone = [Option(value, f"{value} (gone)") for value in chosen if value and value not in known]
    return [*(option for option in options if option.active or option.value in chosen), *gone]


def _callouts(session: Session) -> list[Option]:
    """Inactive ones too: a rule may be made before its callout is switched on."""
    rows = session.scalars(select(Callout).order_by(Callout.name_key))
    return [Option(str(row.id), row.name + ("" if row.active else " (inactive, not sent)")) for row in rows]


def _udfs(session: Session) -> list[Option]:
    """Fields of another type are offered, as inactive ones are, only where they are chosen already."""
    rows = session.scalars(select(Udf).order_by(Udf.name))
    return [
        Option(
            str(row.id),
            row.name + ("" if row.active else " (inactive)"),
            active=row.active and row.type == TEXT,
        )
        for row in rows
    ]


REFERENCES: dict[str, Referable] = {"callout": Referable(Callout, _callouts), "udf": Referable(Udf, _udfs)}
