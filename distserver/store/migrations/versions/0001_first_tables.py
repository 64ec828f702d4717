"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ds_audit",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ds_audit")),
    )
    op.create_table(
        "ds_conversion",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rendition", sa.String(length=64), nullable=False),
        sa.Column("klass", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("octets", sa.BigInteger(), nullable=False),
        sa.Column("wall", sa.Float(), nullable=False),
        sa.Column("cpu", sa.Float(), nullable=False),
        sa.Column("peak_mb", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ds_conversion")),
    )
    op.create_table(
        "ds_destination",
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("pinned", sa.String(length=64), nullable=True),
        sa.Column("seen", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_ds_destination")),
    )
    op.create_table(
        "ds_executor",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("beat", sa.Float(), nullable=False),
        sa.Column("reaped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ds_executor")),
    )
    op.create_table(
        "ds_job",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Text(), server_default="[]", nullable=False),
        sa.Column("keep", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("canceled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("erased", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("n_pending", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_retry", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_processing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_completed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_aborted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("n_canceled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("updated", sa.Float(), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=True),
        sa.Column("deadline", sa.Float(), nullable=True),
        sa.Column("ended", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ds_job")),
        sa.UniqueConstraint("sender", "idempotency_key", name=op.f("uq_ds_job_sender_idempotency_key")),
    )
    op.create_index("ix_ds_job_created", "ds_job", ["created"], unique=False)
    op.create_index("ix_ds_job_state_ended", "ds_job", ["state", "ended"], unique=False)
    op.create_table(
        "ds_token",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("used", sa.Float(), nullable=True),
        sa.Column("revoked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ds_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_ds_token_hash")),
    )
    op.create_table(
        "ds_user",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ds_user")),
    )
    op.create_table(
        "ds_delivery",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("options", sa.Text(), server_default="[]", nullable=False),
        sa.Column("groups", sa.Text(), server_default="[]", nullable=False),
        sa.Column("resend", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.String(length=12), server_default="none", nullable=False),
        sa.Column("reason", sa.String(length=80), server_default="none", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("device_reasons", sa.Text(), server_default="", nullable=False),
        sa.Column("generation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("crashes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("uncertain", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("accepted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("pages_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rendition", sa.Text(), server_default="", nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.Float(), nullable=True),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("updated", sa.Float(), nullable=False),
        sa.Column("started", sa.Float(), nullable=True),
        sa.Column("attempt_started", sa.Float(), nullable=True),
        sa.Column("ended", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["ds_job.id"], name=op.f("fk_ds_delivery_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ds_delivery")),
        sa.UniqueConstraint("job_id", "destination", name=op.f("uq_ds_delivery_job_id_destination")),
    )
    op.create_index(
        "ix_ds_delivery_due",
        "ds_delivery",
        ["due"],
        unique=False,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index("ix_ds_delivery_job_batch", "ds_delivery", ["job_id", "batch"], unique=False)
    op.create_index("ix_ds_delivery_job_state", "ds_delivery", ["job_id", "state"], unique=False)
    op.create_index("ix_ds_delivery_job_updated", "ds_delivery", ["job_id", "updated"], unique=False)
    op.create_index(
        "ix_ds_delivery_lane",
        "ds_delivery",
        ["destination", "state"],
        unique=False,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index(
        "ix_ds_delivery_owner",
        "ds_delivery",
        ["owner"],
        unique=False,
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_table(
        "ds_job_document",
        sa.Column("job_id", sa.String(length=20), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("raster", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["ds_job.id"], name=op.f("fk_ds_job_document_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "no", name=op.f("pk_ds_job_document")),
    )
    op.create_index("ix_ds_job_document_digest", "ds_job_document", ["digest"], unique=False)
    op.create_table(
        "ds_attempt",
        sa.Column("delivery_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("ended", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_key"], ["ds_delivery.key"], name=op.f("fk_ds_attempt_delivery_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_key", "number", name=op.f("pk_ds_attempt")),
    )


def downgrade() -> None:
    op.drop_table("ds_attempt")
    op.drop_index("ix_ds_job_document_digest", table_name="ds_job_document")
    op.drop_table("ds_job_document")
    op.drop_index(
        "ix_ds_delivery_owner",
        table_name="ds_delivery",
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.drop_index(
        "ix_ds_delivery_lane",
        table_name="ds_delivery",
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.drop_index("ix_ds_delivery_job_updated", table_name="ds_delivery")
    op.drop_index("ix_ds_delivery_job_state", table_name="ds_delivery")
    op.drop_index("ix_ds_delivery_job_batch", table_name="ds_delivery")
    op.drop_index(
        "ix_ds_delivery_due",
        table_name="ds_delivery",
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.drop_table("ds_delivery")
    op.drop_table("ds_user")
    op.drop_table("ds_token")
    op.drop_index("ix_ds_job_state_ended", table_name="ds_job")
    op.drop_index("ix_ds_job_created", table_name="ds_job")
    op.drop_table("ds_job")
    op.drop_table("ds_executor")
    op.drop_table("ds_destination")
    op.drop_table("ds_conversion")
    op.drop_table("ds_audit")
