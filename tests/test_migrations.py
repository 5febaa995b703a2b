"""Migrations keep what is stored: a row of each table, from the revision that brings the table to the newest."""

from datetime import UTC, date, datetime

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from portal import MIGRATIONS
from portal.db.engine import db
from portal.models.base import Base
from tests.conftest import BOTH

VALUES = {
    # folds to itself, so that a key which a migration writes from it is the one that was there
    str: "übung",
    int: 1,
    bool: True,
    bytes: b"\x00\xff",
    date: date(2026, 12, 31),
    datetime: datetime(2026, 12, 31, 10, 0, 0, 500_000, tzinfo=UTC),
    dict: {"a": [1, None]},
}
# what a migration takes away on purpose
TAKEN_AWAY = {("resource", "session_key")}


def filled(table: sa.Table) -> dict[str, object]:
    """Give a value for each column; ids are 1, so that rows refer to one another."""
    return {
        column.name: value[: column.type.length] if isinstance(value := VALUES[kind], str) else value
        for column in table.columns
        for kind in [dict if isinstance(column.type, sa.JSON) else column.type.python_type]
    }


@pytest.mark.slow
@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_rows_survive_each_migration_from_the_first_to_the_last(app):
    flask_migrate.downgrade(revision="base")
    kept: dict[tuple[str, str], object] = {}
    for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())):
        flask_migrate.upgrade(revision=script.revision)
        db.engine.dispose()
        tables = sa.MetaData()
        tables.reflect(db.engine)
        filled_before = {table for table, _ in kept}
        with db.engine.begin() as connection:
            for table in tables.sorted_tables:
                if table.name == "alembic_version":
                    continue
                if table.name not in filled_before:
                    connection.execute(table.insert().values(filled(table)))
                row = connection.execute(sa.select(table)).mappings().one()
                for column, value in row.items():
                    assert kept.setdefault((table.name, column), value) == value, script.revision
                gone = {column for name, column in kept if name == table.name} - set(row)
                assert {(table.name, column) for column in gone} <= TAKEN_AWAY, script.revision
    assert {table for table, _ in kept} == set(Base.metadata.tables)
    with Session(db.engine) as session:
        for mapper in Base.registry.mappers:
            assert len(session.scalars(sa.select(mapper.class_)).all()) == 1, mapper.class_
