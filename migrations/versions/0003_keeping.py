"""Indexes for pages that stay as quick with a million ended deliveries, and for deleting what is old."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ENDED = sa.text("ended_at IS NOT NULL")
_OPEN_TICKET = sa.text("status <> 5")
# name, table, columns, and the rows that it is about
_INDEXES = (
    ("ix_delivery_ended", "delivery", ["state", "ended_at", "id"], _ENDED),
    ("ix_delivery_callout_ended", "delivery", ["callout_id", "state", "ended_at", "id"], _ENDED),
    ("ix_mail_created", "mail", ["created_at"], None),
    ("ix_ticket_open", "ticket", ["last_activity_at", "id", "status"], _OPEN_TICKET),
    ("ix_ticket_open_company", "ticket", ["company_id", "last_activity_at", "id", "status"], _OPEN_TICKET),
    ("ix_ticket_open_queue", "ticket", ["queue", "last_activity_at", "id", "status"], _OPEN_TICKET),
)


def upgrade() -> None:
    for name, table, columns, where in _INDEXES:
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, *_ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
