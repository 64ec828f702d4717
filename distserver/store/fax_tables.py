"""The table of faxes that have come in."""

from __future__ import annotations

import sqlalchemy as sa

from distserver.store.tables import metadata

__all__ = ["metadata", "received_fax"]

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
