"""Clients of printers subscribe to events, which are kept for a while"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OVER = sa.text(
    "UPDATE ds_ipp_job SET told = '' WHERE ended IS NOT NULL"
    " OR job_id IN (SELECT id FROM ds_job WHERE ended IS NOT NULL)"
)


def upgrade() -> None:
    op.add_column("ds_ipp_job", sa.Column("told", sa.Text(), nullable=True))
    op.get_bind().execute(_OVER)
    where = sa.text("told IS NULL OR told <> ''")
    op.create_index("ix_ds_ipp_job_untold", "ds_ipp_job", ["number"], sqlite_where=where, postgresql_where=where)
    _create_subscriptions()
    _create_events()
    op.create_table(
        "ds_ipp_told",
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("object", name="pk_ds_ipp_told"),
    )


def _create_subscriptions() -> None:
    op.create_table(
        "ds_ipp_subscription",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("job", sa.Integer(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), server_default="", nullable=False),
        sa.Column("user_data", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=63), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=True),
        sa.Column("interval", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("progressed", sa.Float(), server_default="0", nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float(), nullable=True),
        sa.Column("ended", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["job"], ["ds_ipp_job.number"], name="fk_ds_ipp_subscription_job", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ds_ipp_subscription"),
        sqlite_autoincrement=True,
    )
    for column in ("job", "printer", "owner"):
        op.create_index(f"ix_ds_ipp_subscription_{column}", "ds_ipp_subscription", [column])


def _create_events() -> None:
    op.create_table(
        "ds_ipp_event",
        sa.Column("key", _KEY, autoincrement=True, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("job", sa.Integer(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_ds_ipp_event"),
    )
    op.create_index("ix_ds_ipp_event_at", "ds_ipp_event", ["at"])
    op.create_table(
        "ds_ipp_notification",
        sa.Column("subscription", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", _KEY, nullable=False),
        sa.Column("subscribed", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription"],
            ["ds_ipp_subscription.id"],
            name="fk_ds_ipp_notification_subscription",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event"], ["ds_ipp_event.key"], name="fk_ds_ipp_notification_event", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscription", "sequence", name="pk_ds_ipp_notification"),
    )
    op.create_index("ix_ds_ipp_notification_event", "ds_ipp_notification", ["event"])


def downgrade() -> None:
    raise NotImplementedError("an older version cannot read what this one writes: restore a copy of the database")
