"""The tables. Times are seconds since the epoch, UTC. Names carry `ds_`: the engine has tables of its own."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

job = sa.Table(
    "ds_job",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("reasons", sa.Text, nullable=False, server_default=""),
    sa.Column("priority", sa.String(8), nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("chosen", sa.Text, nullable=False, server_default="[]"),
    sa.Column("keep", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("held", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("canceled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("erased", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("n_pending", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_retry", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_processing", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_completed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_aborted", sa.Integer, nullable=False, server_default="0"),
    sa.Column("n_canceled", sa.Integer, nullable=False, server_default="0"),
    sa.Column("idempotency_key", sa.String(200)),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("updated", sa.Float, nullable=False),
    sa.Column("not_before", sa.Float),
    sa.Column("deadline", sa.Float),
    sa.Column("ended", sa.Float),
    sa.UniqueConstraint("sender", "idempotency_key"),
)
sa.Index("ix_ds_job_created", job.c.created)
sa.Index("ix_ds_job_state_ended", job.c.state, job.c.ended)

job_document = sa.Table(
    "ds_job_document",
    metadata,
    sa.Column("job_id", sa.String(20), sa.ForeignKey("ds_job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("format", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("raster", sa.Text),
)
sa.Index("ix_ds_job_document_digest", job_document.c.digest)

delivery = sa.Table(
    "ds_delivery",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String(20), sa.ForeignKey("ds_job.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("batch", sa.Integer, nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("written", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("channel", sa.String(12), nullable=False),
    sa.Column("options", sa.Text, nullable=False, server_default="[]"),
    sa.Column("groups", sa.Text, nullable=False, server_default="[]"),
    sa.Column("resend", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("evidence", sa.String(12), nullable=False, server_default="none"),
    sa.Column("reason", sa.String(80), nullable=False, server_default="none"),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("device_reasons", sa.Text, nullable=False, server_default=""),
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("crashes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("uncertain", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("accepted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("remote_id", sa.Text),
    sa.Column("pages", sa.Integer),
    sa.Column("pages_total", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rendition", sa.Text, nullable=False, server_default=""),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("owner", sa.String(80)),
    sa.Column("lease_until", sa.Float),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("updated", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("attempt_started", sa.Float),
    sa.Column("ended", sa.Float),
    sa.UniqueConstraint("job_id", "destination"),
)
_LIVE = "ended IS NULL"  # said in the same words by every query that wants such an index used
sa.Index("ix_ds_delivery_job_state", delivery.c.job_id, delivery.c.state)
sa.Index("ix_ds_delivery_job_batch", delivery.c.job_id, delivery.c.batch)
sa.Index("ix_ds_delivery_job_updated", delivery.c.job_id, delivery.c.updated)
sa.Index(
    "ix_ds_delivery_lane",
    delivery.c.destination,
    delivery.c.state,
    sqlite_where=sa.text(_LIVE),
    postgresql_where=sa.text(_LIVE),
)
sa.Index("ix_ds_delivery_due", delivery.c.due, sqlite_where=sa.text(_LIVE), postgresql_where=sa.text(_LIVE))
sa.Index(
    "ix_ds_delivery_owner",
    delivery.c.owner,
    sqlite_where=sa.text("owner IS NOT NULL"),
    postgresql_where=sa.text("owner IS NOT NULL"),
)

attempt = sa.Table(
    "ds_attempt",
    metadata,
    sa.Column("delivery_key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("ended", sa.Float, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(80), nullable=False),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("remote_id", sa.Text),
    sa.ForeignKeyConstraint(["delivery_key"], ["ds_delivery.key"], ondelete="CASCADE"),
)

destination = sa.Table(
    "ds_destination",
    metadata,
    sa.Column("uri", sa.Text, primary_key=True),
    sa.Column("pinned", sa.String(64)),
    sa.Column("seen", sa.Float),
)

executor = sa.Table(
    "ds_executor",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("beat", sa.Float, nullable=False),
    sa.Column("reaped", sa.Boolean, nullable=False, server_default=sa.false()),
)

conversion = sa.Table(
    "ds_conversion",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("rendition", sa.String(64), nullable=False),
    sa.Column("klass", sa.Text, nullable=False),
    sa.Column("format", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(24), nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("octets", sa.BigInteger, nullable=False),
    sa.Column("wall", sa.Float, nullable=False),
    sa.Column("cpu", sa.Float, nullable=False),
    sa.Column("peak_mb", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

user = sa.Table(
    "ds_user",
    metadata,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password", sa.Text),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("session_epoch", sa.Integer, nullable=False, server_default="0"),
)

token = sa.Table(
    "ds_token",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("used", sa.Float),
    sa.Column("revoked", sa.Boolean, nullable=False, server_default=sa.false()),
)

audit = sa.Table(
    "ds_audit",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
)
