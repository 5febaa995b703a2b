"""Whole numbers of 64 bits on PostgreSQL: times beyond 2038, and ids beyond two thousand million.

SQLite keeps 64 bits in every INTEGER, so nothing changes there.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# each column that was a 32-bit integer
_COLUMNS = {
    "attempt": ("number", "duration_ms", "replaced", "status"),
    "attempt_remark": ("number", "place"),
    "bulk_job": ("id", "total", "changed", "created_by_id"),
    "callout": (
        "id",
        "udf_id",
        "resend_seconds",
        "resend_limit",
        "max_per_second",
        "max_parallel",
        "timeout_seconds",
        "failures_in_row",
        "probe_at",
    ),
    "callout_recipient": ("callout_id", "resource_id", "slot"),
    "company": ("id",),
    "delivery": ("callout_id", "due_at", "attempts", "attempts_before"),
    "form_submission": ("resource_id",),
    "mail": ("due_at", "attempts"),
    "picklist_value": ("id", "value", "sort"),
    "resource": ("id",),
    "rule": ("id",),
    "rule_action": ("id", "rule_id", "callout_id"),
    "rule_condition": ("id", "rule_id"),
    "rule_event": ("id", "rule_id"),
    "ticket": (
        "company_id",
        "status",
        "priority",
        "queue",
        "source",
        "ticket_type",
        "assigned_resource_id",
        "completed_by_id",
        "creator_id",
    ),
    "ticket_note": ("note_type", "publish", "creator_id"),
    "ticket_sequence": ("last",),
    "ticket_udf": ("udf_id",),
    "udf": ("id",),
    "web_session": ("id", "resource_id"),
}


def upgrade() -> None:
    _change("BIGINT")


def downgrade() -> None:
    _change("INTEGER")


def _change(kind: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in _COLUMNS.items():
        # one statement a table: each writes the whole table anew
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ALTER {column} TYPE {kind}" for column in columns))
        if "id" in columns:
            op.execute(f"ALTER SEQUENCE {table}_id_seq AS {kind}")
