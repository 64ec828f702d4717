"""Notices are mailed: when next, by whom, to whom already"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("due", sa.Float(), server_default="0"),
        sa.Column("claim", sa.String(length=80)),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reached", sa.Text(), server_default="", nullable=False),
    ):
        op.add_column("ds_notice", column)
    where = sa.text("due IS NOT NULL")
    op.create_index("ix_ds_notice_due", "ds_notice", ["due"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("an older version cannot read what this one writes: restore a copy of the database")
