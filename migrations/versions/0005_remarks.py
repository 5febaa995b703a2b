"""Remarks on attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt_remark",
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id", "number"],
            ["attempt.delivery_id", "attempt.number"],
            name=op.f("fk_attempt_remark_delivery_id_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", "place", name=op.f("pk_attempt_remark")),
    )
    op.create_index("ix_attempt_remark_code", "attempt_remark", ["code", "delivery_id"])


def downgrade() -> None:
    op.drop_table("attempt_remark")
