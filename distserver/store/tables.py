"""The tables. Times are seconds since the epoch, UTC. Names carry `ds_`: the database may be shared with others."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _partial(name: str, where: str, *columns: sa.Column[Any]) -> None:
    """An index over few rows; every query that wants it used says `where` in the same words."""
    sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


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
    sa.Column("last_turn", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("idempotency_key", sa.String(200)),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("updated", sa.Float, nullable=False),
    sa.Column("not_before", sa.Float),
    sa.Column("deadline", sa.Float),
    sa.Column("own_deadline", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("ended", sa.Float),
    sa.UniqueConstraint("sender", "idempotency_key"),
)
sa.Index("ix_ds_job_created", job.c.created)
sa.Index("ix_ds_job_state_ended", job.c.state, job.c.ended)
_partial("ix_ds_job_live", "ended IS NULL", job.c.priority, job.c.sender, job.c.last_turn)
_partial("ix_ds_job_turn", "ended IS NULL", job.c.priority, job.c.last_turn)
sa.Index("ix_ds_job_ended", job.c.ended)
sa.Index("ix_ds_job_sender_id", job.c.sender, job.c.id)
sa.Index("ix_ds_job_state_id", job.c.state, job.c.id)
_partial("ix_ds_job_unerased", "erased = false AND ended IS NOT NULL", job.c.ended)

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

ipp_job = sa.Table(
    "ds_ipp_job",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("printer", sa.Text, nullable=False),
    sa.Column("job_id", sa.String(20), sa.ForeignKey("ds_job.id", ondelete="CASCADE")),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("reason", sa.String(80), nullable=False, server_default=""),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("touched", sa.Float, nullable=False),
    sa.Column("ended", sa.Float),
    sa.Column("told", sa.Text),
    sqlite_autoincrement=True,
)
sa.Index("ix_ds_ipp_job_job_id", ipp_job.c.job_id)
sa.Index("ix_ds_ipp_job_printer", ipp_job.c.printer, ipp_job.c.number)
_partial("ix_ds_ipp_job_open", "state = 'open'", ipp_job.c.touched)

_partial("ix_ds_ipp_job_untold", "told IS NULL OR told <> ''", ipp_job.c.number)

ipp_document = sa.Table(
    "ds_ipp_document",
    metadata,
    sa.Column("number", sa.Integer, sa.ForeignKey("ds_ipp_job.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("format", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("raster", sa.Text),
)
sa.Index("ix_ds_ipp_document_digest", ipp_document.c.digest)

ipp_subscription = sa.Table(
    "ds_ipp_subscription",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("printer", sa.Text, nullable=False),
    sa.Column("job", sa.Integer, sa.ForeignKey("ds_ipp_job.number", ondelete="CASCADE")),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("uri", sa.Text, nullable=False),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("attributes", sa.Text, nullable=False, server_default=""),
    sa.Column("user_data", sa.LargeBinary, nullable=False),
    sa.Column("language", sa.String(63), nullable=False),
    sa.Column("lease", sa.Integer),
    sa.Column("interval", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("progressed", sa.Float, nullable=False, server_default="0"),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float),
    sa.Column("ended", sa.Float),
    sqlite_autoincrement=True,
)
sa.Index("ix_ds_ipp_subscription_job", ipp_subscription.c.job)
sa.Index("ix_ds_ipp_subscription_printer", ipp_subscription.c.printer)
sa.Index("ix_ds_ipp_subscription_owner", ipp_subscription.c.owner)

ipp_event = sa.Table(
    "ds_ipp_event",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("event", sa.String(40), nullable=False),
    sa.Column("printer", sa.Text, nullable=False),
    sa.Column("job", sa.Integer),
    sa.Column("sender", sa.Text),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
sa.Index("ix_ds_ipp_event_at", ipp_event.c.at)

ipp_notification = sa.Table(
    "ds_ipp_notification",
    metadata,
    sa.Column(
        "subscription", sa.Integer, sa.ForeignKey("ds_ipp_subscription.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column(
        "event",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        sa.ForeignKey("ds_ipp_event.key", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("subscribed", sa.String(40), nullable=False),
)
sa.Index("ix_ds_ipp_notification_event", ipp_notification.c.event)

ipp_told = sa.Table(
    "ds_ipp_told",
    metadata,
    sa.Column("object", sa.Text, primary_key=True),
    sa.Column("facts", sa.Text, nullable=False),
)

delivery = sa.Table(
    "ds_delivery",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.String(20), sa.ForeignKey("ds_job.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("queue", sa.String(8), nullable=False),
    sa.Column("turn", sa.BigInteger, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False, server_default=""),
    sa.Column("subnet", sa.Text, nullable=False, server_default=""),
    sa.Column("at_once", sa.SmallInteger, nullable=False, server_default="1"),
    sa.Column("written", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("channel", sa.String(12), nullable=False),
    sa.Column("options", sa.Text, nullable=False, server_default="[]"),
    sa.Column("groups", sa.Text, nullable=False, server_default="[]"),
    sa.Column("via", sa.Text, nullable=False, server_default="[]"),
    sa.Column("resend", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("evidence", sa.String(12), nullable=False, server_default="none"),
    sa.Column("reason", sa.String(80), nullable=False, server_default="none"),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("device_reasons", sa.Text, nullable=False, server_default=""),
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Text, nullable=False, server_default=""),
    sa.Column("crashes", sa.Float, nullable=False, server_default="0"),
    sa.Column("uncertain", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("accepted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("resent", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("remote_id", sa.Text),
    sa.Column("pages", sa.Integer),
    sa.Column("pages_total", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rendition", sa.Text, nullable=False, server_default=""),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("owner", sa.String(80)),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("updated", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("attempt_started", sa.Float),
    sa.Column("ended", sa.Float),
    sa.UniqueConstraint("job_id", "destination"),
)
sa.Index("ix_ds_delivery_job_state", delivery.c.job_id, delivery.c.state)
sa.Index("ix_ds_delivery_job_updated", delivery.c.job_id, delivery.c.updated)


_d = delivery.c
_partial("ix_ds_delivery_ready", "queue = 'ready'", _d.rank, _d.turn, _d.key)
_partial("ix_ds_delivery_timed", "queue = 'timed'", _d.due)
_partial("ix_ds_delivery_lane", "queue IN ('ready', 'lane')", _d.destination, _d.rank, _d.key)
sa.Index("ix_ds_delivery_destination", _d.destination, _d.key)
_partial("ix_ds_delivery_parked", "queue = 'lane'", _d.destination)
_partial("ix_ds_delivery_parked_host", "queue = 'lane'", _d.host)
_partial("ix_ds_delivery_parked_subnet", "queue = 'lane'", _d.subnet)
_partial("ix_ds_delivery_paused", "queue = 'paused'", _d.job_id)
_partial("ix_ds_delivery_at", "state = 'processing'", _d.destination, _d.state)
_partial("ix_ds_delivery_owner", "owner IS NOT NULL", _d.owner)

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
    sa.Column("strikes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("closed_until", sa.Float),
    sa.Column("score", sa.Float, nullable=False, server_default="0"),
    sa.Column("suspended", sa.Float),
    sa.Column("trouble", sa.String(80), nullable=False, server_default=""),
    sa.Column("trouble_message", sa.Text, nullable=False, server_default=""),
    sa.Column("trouble_since", sa.Float),
    sa.Column("capabilities", sa.Text),
    sa.Column("capabilities_at", sa.Float),
    sa.Column("refuses", sa.Text, nullable=False, server_default=""),
    sa.Column("learnt", sa.Text, nullable=False, server_default=""),
)
_partial("ix_ds_destination_closed", "closed_until IS NOT NULL", destination.c.closed_until)
_partial("ix_ds_destination_trouble", "trouble_since IS NOT NULL", destination.c.trouble_since)

destination_rules = sa.Table(
    "ds_destination_rules",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
)

group_stop = sa.Table(
    "ds_group_stop",
    metadata,
    sa.Column("file", sa.Text, primary_key=True),
    sa.Column("paused", sa.Float),
    sa.Column("disabled", sa.Float),
    sa.Column("who", sa.Text, nullable=False, server_default=""),
    sa.Column("changed", sa.Float, nullable=False, server_default="0"),
)

notice = sa.Table(
    "ds_notice",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("told", sa.Float),
    sa.Column("due", sa.Float, server_default="0"),
    sa.Column("claim", sa.String(80)),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reached", sa.Text, nullable=False, server_default=""),
)
sa.Index("ix_ds_notice_at", notice.c.at)
_partial("ix_ds_notice_due", "due IS NOT NULL", notice.c.due)

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

counter = sa.Table(
    "ds_counter",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("labels", sa.String(200), primary_key=True),
    sa.Column("shard", sa.SmallInteger, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
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
    sa.Column("quota", sa.Text),
)

quota_use = sa.Table(
    "ds_quota_use",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("span", sa.String(5), primary_key=True),
    sa.Column("start", sa.Float, nullable=False),
    sa.Column("n_jobs", sa.BigInteger, nullable=False),
    sa.Column("n_pages", sa.BigInteger, nullable=False),
    sa.Column("n_bytes", sa.BigInteger, nullable=False),
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

card = sa.Table(
    "ds_card",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("user", sa.String(128), nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("used", sa.Float),
)

enrolment = sa.Table(
    "ds_enrolment",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
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

letter = sa.Table(
    "ds_letter",
    metadata,
    sa.Column("key", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("pc", sa.Text, nullable=False),
    sa.Column("job_id", sa.String(20), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("format", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("copies", sa.Integer, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("settled", sa.Float),
    sa.Column("touched", sa.Float),
    sa.Column("trouble", sa.Text, nullable=False, server_default=""),
    sa.Column("read", sa.Float),
    sa.Column("printed", sa.Float),
    sa.Column("printer", sa.Text, nullable=False, server_default=""),
)
_partial("ix_ds_letter_offered", "state = 'offered'", letter.c.pc, letter.c.key)
sa.Index("ix_ds_letter_job_id_number", letter.c.job_id, letter.c.number)
sa.Index("ix_ds_letter_settled", letter.c.settled)

receiver = sa.Table(
    "ds_receiver",
    metadata,
    sa.Column("pc", sa.Text, primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)
