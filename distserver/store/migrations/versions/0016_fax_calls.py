"""Calls to fax numbers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ds_fax_call",
        sa.Column("key", key, autoincrement=True, nullable=False),
        sa.Column("server", sa.String(300), nullable=False),
        sa.Column("call", sa.String(40), nullable=False),
        sa.Column("delivery", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("traits", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("rate", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_ds_fax_call"),
        sa.UniqueConstraint("server", "call", "delivery", name="uq_ds_fax_call_server_call_delivery"),
    )
    op.create_index("ix_ds_fax_call_at", "ds_fax_call", ["at"])
