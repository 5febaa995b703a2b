"""A callout's limits, presets, secrets and pause, and what is known of its receiver's health."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("resend_preset", sa.String(length=10), nullable=False, server_default="original"),
        sa.Column("resend_seconds", sa.Integer(), nullable=True),
        sa.Column("resend_limit", sa.Integer(), nullable=True),
        sa.Column("max_per_second", sa.Integer(), nullable=True),
        sa.Column("max_parallel", sa.Integer(), nullable=True),
        sa.Column("timeout_seconds", sa.Integer(), nullable=True),
        sa.Column("signing_secret_encrypted", sa.String(), nullable=True),
        sa.Column("signing_secret_old_encrypted", sa.String(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("failures_in_row", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("probe_at", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("paced_until", sa.BigInteger(), nullable=False, server_default="0"),
    )


_RESEND = sa.text("state = 'waiting' AND attempts > attempts_before")


def upgrade() -> None:
    # no batch: to make the table anew, SQLite would drop the old one, and with it all that refers to it
    for column in _columns():
        op.add_column("callout", column)
    op.create_index(
        "ix_delivery_resend",
        "delivery",
        ["callout_id", "due_at"],
        sqlite_where=_RESEND,
        postgresql_where=_RESEND,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_resend", "delivery")
    for column in reversed(_columns()):
        op.drop_column("callout", column.name)
