"""Deliveries wait in lanes of their destinations, not in batches of an engine"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PARTIAL = {
    "ix_ds_delivery_ready": ("queue = 'ready'", ["rank", "turn", "key"]),
    "ix_ds_delivery_timed": ("queue = 'timed'", ["due"]),
    "ix_ds_delivery_lane": ("queue IN ('ready', 'lane')", ["destination", "rank", "key"]),
    "ix_ds_delivery_parked": ("queue = 'lane'", ["destination"]),
    "ix_ds_delivery_parked_host": ("queue = 'lane'", ["host"]),
    "ix_ds_delivery_parked_subnet": ("queue = 'lane'", ["subnet"]),
    "ix_ds_delivery_at": ("state = 'processing'", ["destination"]),
}


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    _change_jobs()
    _change_deliveries()
    _change_destinations()
    _create_counters()
    _drop_engine()


def _change_jobs() -> None:
    op.add_column("ds_job", sa.Column("last_turn", sa.BigInteger(), server_default="0", nullable=False))
    _index("ix_ds_job_live", "ds_job", ["sender"], "ended IS NULL")
    op.create_index("ix_ds_job_ended", "ds_job", ["ended"])
    op.create_index("ix_ds_job_sender_id", "ds_job", ["sender", "id"])
    op.create_index("ix_ds_job_state_id", "ds_job", ["state", "id"])
    _index("ix_ds_job_unerased", "ds_job", ["ended"], "erased = false AND ended IS NOT NULL")


def _change_deliveries() -> None:
    for name in ("ix_ds_delivery_job_batch", "ix_ds_delivery_lane", "ix_ds_delivery_due"):
        op.drop_index(name, "ds_delivery")
    new: list[sa.Column[Any]] = [
        sa.Column("queue", sa.String(length=8), server_default="none", nullable=False),
        sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("host", sa.Text(), server_default="", nullable=False),
        sa.Column("subnet", sa.Text(), server_default="", nullable=False),
        sa.Column("at_once", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("tries", sa.Text(), server_default="", nullable=False),
        sa.Column("resent", sa.Boolean(), server_default=sa.false(), nullable=False),
    ]
    for column in new:
        op.add_column("ds_delivery", column)
    op.drop_column("ds_delivery", "crashes")
    op.add_column("ds_delivery", sa.Column("crashes", sa.Float(), server_default="0", nullable=False))
    op.execute("UPDATE ds_delivery SET queue = 'timed', turn = key, owner = NULL WHERE ended IS NULL")
    held = "job_id IN (SELECT id FROM ds_job WHERE held)"
    op.execute(f"UPDATE ds_delivery SET queue = 'held' WHERE queue = 'timed' AND state <> 'processing' AND {held}")  # noqa: S608 - a constant
    op.execute("UPDATE ds_delivery SET due = 0 WHERE queue = 'timed' AND state = 'processing'")
    op.drop_column("ds_delivery", "batch")
    op.drop_column("ds_delivery", "lease_until")
    for name, (where, columns) in _PARTIAL.items():
        _index(name, "ds_delivery", columns, where)
    op.create_index("ix_ds_delivery_destination", "ds_delivery", ["destination", "key"])


def _change_destinations() -> None:
    new: list[sa.Column[Any]] = [
        sa.Column("strikes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_until", sa.Float()),
        sa.Column("score", sa.Float(), server_default="0", nullable=False),
        sa.Column("suspended", sa.Float()),
        sa.Column("trouble", sa.String(length=80), server_default="", nullable=False),
        sa.Column("trouble_message", sa.Text(), server_default="", nullable=False),
        sa.Column("trouble_since", sa.Float()),
        sa.Column("capabilities", sa.Text()),
        sa.Column("capabilities_at", sa.Float()),
        sa.Column("refuses", sa.Text(), server_default="", nullable=False),
    ]
    for column in new:
        op.add_column("ds_destination", column)
    op.drop_column("ds_destination", "seen")
    _index("ix_ds_destination_closed", "ds_destination", ["closed_until"], "closed_until IS NOT NULL")
    _index("ix_ds_destination_trouble", "ds_destination", ["trouble_since"], "trouble_since IS NOT NULL")
    op.create_table(
        "ds_notice",
        sa.Column("key", _KEY, autoincrement=True, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("told", sa.Float()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ds_notice")),
    )
    op.create_index("ix_ds_notice_at", "ds_notice", ["at"])


def _create_counters() -> None:
    op.create_table(
        "ds_counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("labels", sa.String(length=200), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", "shard", name=op.f("pk_ds_counter")),
    )


def _drop_engine() -> None:
    """The tables of the engine that the first version used; on SQLite they stand beside ours, which have a prefix."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("DROP SCHEMA IF EXISTS dbos CASCADE")
        return
    names = sa.inspect(connection).get_table_names()
    if "dbos_migrations" in names:
        for name in names:
            if not name.startswith("ds_"):
                op.execute(f'DROP TABLE "{name}"')


def downgrade() -> None:
    raise NotImplementedError("an older version cannot read what this one writes: restore a copy of the database")
