"""Users have quotas, and what counts against them is added up"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ds_user", sa.Column("quota", sa.Text(), nullable=True))
    op.create_table(
        "ds_quota_use",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("span", sa.String(length=5), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("n_jobs", sa.BigInteger(), nullable=False),
        sa.Column("n_pages", sa.BigInteger(), nullable=False),
        sa.Column("n_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "span", name="pk_ds_quota_use"),
    )
