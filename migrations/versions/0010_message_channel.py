"""Messages of any channel in the outbox; those that are there are e-mails."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("channel", sa.String(20), nullable=False, server_default="email"))


def downgrade() -> None:
    op.drop_column("mail", "channel")
