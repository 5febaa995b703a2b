"""The declarative base, and the column types that hold on SQLite and PostgreSQL alike."""

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
    TypeDecorator,
    literal,
)
from sqlalchemy.orm import DeclarativeBase, registry

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
