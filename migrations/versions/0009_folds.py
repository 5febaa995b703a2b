"""Names that differ to a reader, and folded texts to search in.

Names that a reader takes for the same were possible before: the later ones are renamed to "… (2)", and listed.
"""

import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
import structlog
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 1000
# table, the column of its name, its length, and that of its key
_NAMES = (
    ("company", "name", 100, "name_key"),
    ("callout", "name", 100, "name_key"),
    ("rule", "name", 100, "name_key"),
    ("udf", "name", 100, "name_key"),
    ("picklist_value", "label", 50, "label_key"),
    ("resource", "user_name", 100, "user_name_key"),
)
_TEXTS = {
    "ticket": ("title", "description", "resolution", "external_id"),
    "ticket_note": ("title", "description"),
    "ticket_udf": ("value",),
}
log = structlog.get_logger("migrations")


def upgrade() -> None:
    for table, _, most, key in _NAMES[:-1]:
        op.add_column(table, sa.Column(key, sa.String(most * 4), nullable=False, server_default=""))
    op.add_column("resource", sa.Column("name_fold", sa.String(410), nullable=False, server_default=""))
    for table, columns in _TEXTS.items():
        for column in columns:
            op.add_column(table, sa.Column(f"{column}_fold", sa.Text(), nullable=True))
    for name in _NAMES:
        _fill_keys(*name)
    _fill_resources()
    for table, columns in _TEXTS.items():
        for column in columns:
            _fill_texts(table, column)
    for table, _, _, key in _NAMES[:-2]:
        op.create_index(f"ix_{table}_{key}", table, [key], unique=True)
    op.create_index("ix_picklist_value_label_key", "picklist_value", ["list_name", "label_key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_picklist_value_label_key", table_name="picklist_value")
    for table, _, _, key in _NAMES[:-2]:
        op.drop_index(f"ix_{table}_{key}", table_name=table)
    for table, columns in _TEXTS.items():
        for column in columns:
            op.drop_column(table, f"{column}_fold")
    op.drop_column("resource", "name_fold")
    for table, _, _, key in _NAMES[:-1]:
        op.drop_column(table, key)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _name_key(name: str) -> str:
    return _fold(" ".join(name.split()))


def _user_name_key(name: str) -> str:
    return _fold(name.strip())


def _fill_keys(table: str, column: str, most: int, key: str) -> None:
    """Write the keys, the oldest row first; one whose key is taken gets another name."""
    within = "list_name" if table == "picklist_value" else "NULL"
    key_of = _user_name_key if table == "resource" else _name_key
    query = sa.text(f"SELECT id, {column}, {within}, {key} FROM {table} ORDER BY id")
    rows = op.get_bind().execute(query).all()
    kept = {(group, key_of(name)) for _, name, group, _ in rows}
    seen: set[tuple[str | None, str]] = set()
    given = []
    for row_id, name, group, before in rows:
        new = name
        if (group, key_of(name)) in seen:
            new = next(each for each in _numbered(name, most) if (group, key_of(each)) not in kept)
            log.warning("renamed", table=table, id=row_id, was=name, now=new)
            kept.add((group, key_of(new)))
        seen.add((group, key_of(new)))
        if before != key_of(new):
            given.append({"id": row_id, "name": new, "key": key_of(new)})
    # first out of each other's way: users' keys are unique already
    free = [{"id": each["id"], "key": f"\n{each['id']}"} for each in given]
    _write(f"UPDATE {table} SET {key} = :key WHERE id = :id", free)
    _write(f"UPDATE {table} SET {column} = :name, {key} = :key WHERE id = :id", given)


def _numbered(name: str, most: int) -> Iterator[str]:
    for number in range(2, 1_000_000):
        mark = f" ({number})"
        yield f"{name[: most - len(mark)].rstrip()}{mark}"


def _fill_resources() -> None:
    rows = op.get_bind().execute(sa.text("SELECT id, first_name, last_name FROM resource")).all()
    given = [{"id": each.id, "fold": _fold(f"{each.first_name} {each.last_name}".strip())} for each in rows]
    _write("UPDATE resource SET name_fold = :fold WHERE id = :id", given)


def _fill_texts(table: str, column: str) -> None:
    """Write what lower() of the database does not give: that of texts with letters beyond ASCII."""
    keys = ("ticket_id", "udf_id") if table == "ticket_udf" else ("id",)
    listed = ", ".join(keys)
    query = sa.text(
        f"SELECT {listed}, {column} AS found FROM {table} WHERE ({listed}) > ({', '.join(f':{each}' for each in keys)})"
        f" ORDER BY {listed} LIMIT {_BATCH}"
    )
    place = dict.fromkeys(keys, -1)
    where = " AND ".join(f"{each} = :{each}" for each in keys)
    while rows := op.get_bind().execute(query, place).mappings().all():
        place = {each: rows[-1][each] for each in keys}
        given = [
            {each: row[each] for each in keys} | {"fold": _fold(row["found"])}
            for row in rows
            if row["found"] and not row["found"].isascii()
        ]
        _write(f"UPDATE {table} SET {column}_fold = :fold WHERE {where}", given)


def _write(statement: str, given: list[dict[str, object]]) -> None:
    for start in range(0, len(given), _BATCH):
        op.get_bind().execute(sa.text(statement), given[start : start + _BATCH])
