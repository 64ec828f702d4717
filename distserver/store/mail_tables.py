"""The tables of mail in: whose address is whose, and which answers are owed."""

from __future__ import annotations

import sqlalchemy as sa

from distserver.store.tables import metadata

mail_address = sa.Table(
    "ds_mail_address",
    metadata,
    sa.Column("address", sa.String(254), primary_key=True),
    sa.Column("user", sa.String(128), sa.ForeignKey("ds_user.name", ondelete="CASCADE"), nullable=False),
)
sa.Index("ix_ds_mail_address_user", mail_address.c.user)

mail_answer = sa.Table(
    "ds_mail_answer",
    metadata,
    sa.Column("job_id", sa.String(20), sa.ForeignKey("ds_job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("to", sa.String(254), nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("due", sa.Float),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
)
_OWED = sa.text("due IS NOT NULL")
sa.Index("ix_ds_mail_answer_due", mail_answer.c.due, sqlite_where=_OWED, postgresql_where=_OWED)
