"""Jobs that come in by IPP have numbers, and may wait for their documents"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ds_ipp_job",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("job_id", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=80), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("touched", sa.Float(), nullable=False),
        sa.Column("ended", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["ds_job.id"], name="fk_ds_ipp_job_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name="pk_ds_ipp_job"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ds_ipp_job_job_id", "ds_ipp_job", ["job_id"])
    op.create_index("ix_ds_ipp_job_printer", "ds_ipp_job", ["printer", "number"])
    where = sa.text("state = 'open'")
    op.create_index("ix_ds_ipp_job_open", "ds_ipp_job", ["touched"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "ds_ipp_document",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("raster", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["number"], ["ds_ipp_job.number"], name="fk_ds_ipp_document_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", "no", name="pk_ds_ipp_document"),
    )
    op.create_index("ix_ds_ipp_document_digest", "ds_ipp_document", ["digest"])
