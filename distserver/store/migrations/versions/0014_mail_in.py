"""Mail addresses of users, and the answers that are owed to those who sent jobs by mail"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ds_mail_address",
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("user", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["ds_user.name"], name="fk_ds_mail_address_user", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("address", name="pk_ds_mail_address"),
    )
    op.create_index("ix_ds_mail_address_user", "ds_mail_address", ["user"])
    op.create_table(
        "ds_mail_answer",
        sa.Column("job_id", sa.String(20), nullable=False),
        sa.Column("to", sa.String(254), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("due", sa.Float(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["ds_job.id"], name="fk_ds_mail_answer_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name="pk_ds_mail_answer"),
    )
    where = sa.text("due IS NOT NULL")
    op.create_index("ix_ds_mail_answer_due", "ds_mail_answer", ["due"], sqlite_where=where, postgresql_where=where)
