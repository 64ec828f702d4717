"""Letters that wait for PCs, and when each PC was last heard of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ds_letter",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("pc", sa.Text(), nullable=False),
        sa.Column("job_id", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("format", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("settled", sa.Float(), nullable=True),
        sa.Column("touched", sa.Float(), nullable=True),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.Column("read", sa.Float(), nullable=True),
        sa.Column("printed", sa.Float(), nullable=True),
        sa.Column("printer", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_ds_letter"),
        sa.UniqueConstraint("name", name="uq_ds_letter_name"),
    )
    offered = sa.text("state = 'offered'")
    op.create_index("ix_ds_letter_offered", "ds_letter", ["pc", "key"], sqlite_where=offered, postgresql_where=offered)
    op.create_index("ix_ds_letter_job_id_number", "ds_letter", ["job_id", "number"])
    op.create_index("ix_ds_letter_settled", "ds_letter", ["settled"])
    op.create_table(
        "ds_receiver",
        sa.Column("pc", sa.Text(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("pc", name="pk_ds_receiver"),
    )
