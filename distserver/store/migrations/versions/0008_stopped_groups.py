"""Groups can be paused and closed; deliveries know on account of which files they go

What waits already when the database is brought to this version knows no files, and is not held by a pause; nor is it
known whose its deadline was, so it is kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ds_group_stop",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("paused", sa.Float(), nullable=True),
        sa.Column("disabled", sa.Float(), nullable=True),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("changed", sa.Float(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("file", name="pk_ds_group_stop"),
    )
    op.add_column("ds_delivery", sa.Column("via", sa.Text(), server_default="[]", nullable=False))
    op.add_column("ds_job", sa.Column("own_deadline", sa.Boolean(), server_default=sa.true(), nullable=False))
    where = sa.text("queue = 'paused'")
    op.create_index("ix_ds_delivery_paused", "ds_delivery", ["job_id"], sqlite_where=where, postgresql_where=where)
