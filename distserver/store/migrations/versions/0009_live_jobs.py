"""What is under way at a destination, and the last turns of live jobs, are found by one seek

SQLite prefers an index that has all columns of a question: else it goes through all that ever went to the destination.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_ds_job_live", "ds_job")
    _index("ix_ds_job_live", "ds_job", ["priority", "sender", "last_turn"], "ended IS NULL")
    _index("ix_ds_job_turn", "ds_job", ["priority", "last_turn"], "ended IS NULL")
    op.drop_index("ix_ds_delivery_at", "ds_delivery")
    _index("ix_ds_delivery_at", "ds_delivery", ["destination", "state"], "state = 'processing'")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
