"""The declarative base, and the column types and expressions that hold on SQLite and PostgreSQL alike."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    func,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, mapped_column, registry, validates
from sqlalchemy.sql.functions import FunctionElement, GenericFunction

from portal.core.numbers import NUMBER
from portal.core.texts import fold, fold_name, kept_fold

# what a whole number's column holds on both databases; a greater id is no row, and no server error either
MAX_ID = 2**63 - 1
# SQLite keeps 64 bits in each INTEGER, and counts rows by itself only in a column that is declared so.
BigId = BigInteger().with_variant(Integer(), "sqlite")


def unindexed(column: Any) -> ColumnElement[Any]:
    """Give a column's value so that no planner looks it up in an index.

    Where two indexes would do, their versions choose differently, and one of them may hold all that ever was.
    """
    value: ColumnElement[Any] = column + literal(0, literal_execute=True)
    return value


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC. A naive one is a bug, and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    # one registry, and not `metadata` and `type_annotation_map`: Flask-SQLAlchemy copies the class's
    # attributes into its own base, and SQLAlchemy refuses those two beside a registry
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={int: BigId, datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON},
    )


class Named:
    """Mixed into tables whose names must differ to a reader: ``name_key`` is the name folded."""

    name_key: Mapped[str] = mapped_column(
        String(400),
        # for inserts that go past the attributes
        default=lambda context: fold_name(context.get_current_parameters().get("name") or ""),
        server_default="",
        index=True,
        unique=True,
    )

    @validates("name")
    def _keep_key(self, _key: str, value: str) -> str:
        self.name_key = fold_name(value)
        return value


def fold_of(column: str) -> Mapped[str | None]:
    """Make the column of what ``kept_fold`` gives for another one."""
    return mapped_column(
        Text, default=lambda context: kept_fold(context.get_current_parameters().get(column)), deferred=True
    )


def folded(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Give a column's text folded, in a query. What is not kept beside it is ASCII, or always was."""
    kept = getattr(column.class_, f"{column.key}_fold", None)
    lower = func.lower(column)
    return lower if kept is None else func.coalesce(kept, lower)


def holds(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Say in a query that a column's text has another in it, as a reader sees it."""
    # not LIKE, which takes minutes for a long text that almost matches everywhere
    return place_of(folded(column), fold(text)) > 0


def ends_with(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Say in a query that a column's text ends with another, as a reader sees it."""
    end, whole = fold(text), folded(column)
    return func.substr(whole, func.length(whole) - len(end) + 1) == end


class place_of(GenericFunction[int]):  # noqa: N801 - it is used like sqlalchemy.func's
    """The place of a text in another one, from 1; 0: it is not in it."""

    name = "strpos"
    type = Integer()
    inherit_cache = True


@compiles(place_of, "sqlite")
def _as_instr(element: place_of, compiler: Any, **options: Any) -> str:
    return f"instr{compiler.process(element.clause_expr, **options)}"


class exact_number(FunctionElement[Any]):  # noqa: N801 - it is used like sqlalchemy.func's
    """A text as the number that it is, to be compared with another of its kind; NULL where it is none."""

    inherit_cache = True


@compiles(exact_number)
def _as_decimal(element: exact_number, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses.clauses[0], **options)
    # the CASE keeps a text that is no number away from the cast, which would end the query
    return f"CASE WHEN {text} ~ '^{NUMBER}$' THEN CAST({text} AS NUMERIC) END"


@compiles(exact_number, "sqlite")
def _as_key(element: exact_number, compiler: Any, **options: Any) -> str:
    # portal.db.engine gives it to each connection
    return f"number_key({compiler.process(element.clauses.clauses[0], **options)})"
