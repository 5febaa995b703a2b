"""Bulk jobs, and what the dashboard and the filter by error read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")
_WRONG = sa.text("error_kind <> ''")


def upgrade() -> None:
    op.create_table(
        "bulk_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=101), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.String(length=101), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["resource.id"], name=op.f("fk_bulk_job_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_job")),
    )
    op.create_index("ix_bulk_job_open", "bulk_job", ["id"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_attempt_started", "attempt", ["started_at", "duration_ms", "error_kind"])
    op.create_index(
        "ix_attempt_error",
        "attempt",
        ["error_kind", "delivery_id"],
        sqlite_where=_WRONG,
        postgresql_where=_WRONG,
    )


def downgrade() -> None:
    op.drop_index("ix_attempt_error", table_name="attempt", sqlite_where=_WRONG, postgresql_where=_WRONG)
    op.drop_index("ix_attempt_started", table_name="attempt")
    op.drop_index("ix_bulk_job_open", table_name="bulk_job", sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.drop_table("bulk_job")
