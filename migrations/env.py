"""How Alembic reaches the portal's database; run through `portal` and Flask-Migrate, never by hand."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from portal.models.base import Base, UtcDateTime


def render_item(kind: str, item: object, _autogen: object) -> str | bool:
    """Write our own column type as the plain one that it stands for: a migration must outlive our code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(
    _context: object, _inspected: object, _meta: object, inspected_type: object, metadata_type: object
) -> bool | None:
    if isinstance(metadata_type, UtcDateTime):
        return not isinstance(inspected_type, sa.DateTime)
    return None


engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        compare_type=compare_type,
        # SQLite alters a table by making it anew
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
