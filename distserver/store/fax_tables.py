"""The tables of faxes that have come in, and of calls to fax numbers."""

from __future__ import annotations

import sqlalchemy as sa

from distserver.store.tables import metadata

__all__ = ["fax_call", "metadata", "received_fax"]

received_fax = sa.Table(
    "ds_received_fax",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("server", sa.String(300), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("fate", sa.String(16), nullable=False),
    sa.Column("job_id", sa.String(40), nullable=False, server_default=""),
    sa.Column("route", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("seen", sa.Float, nullable=False),
    sa.Column("removed", sa.Float),
    sa.UniqueConstraint("server", "name", "digest"),
)

fax_call = sa.Table(
    "ds_fax_call",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("server", sa.String(300), nullable=False),
    sa.Column("call", sa.String(40), nullable=False),
    sa.Column("delivery", sa.String(64), nullable=False),
    sa.Column("job_id", sa.String(40), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("number", sa.String(80), nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Integer),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("traits", sa.Text, nullable=False),
    sa.Column("trouble", sa.Text, nullable=False),
    sa.Column("rate", sa.String(20), nullable=False),
    sa.UniqueConstraint("server", "call", "delivery"),
    sa.Index("ix_ds_fax_call_at", "at"),
)
