"""Conversions are counted, and leave no row each"""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNTED = sa.text(
    "SELECT klass, format, outcome, count(*), sum(cpu) FROM ds_conversion GROUP BY klass, format, outcome"
)
_COUNT = sa.text("INSERT INTO ds_counter (name, labels, shard, value) VALUES (:name, :labels, 0, :value)")


def upgrade() -> None:
    connection = op.get_bind()
    found: dict[tuple[str, str], float] = defaultdict(float)
    for klass, form, outcome, count, cpu in connection.execute(_COUNTED):
        labels = f"{'_'.join(klass.split())[:120]} {form} {outcome}"
        found["conversions", labels] += count
        found["conversion_cpu_seconds", labels] += cpu
    rows = [{"name": name, "labels": labels, "value": value} for (name, labels), value in found.items()]
    if rows:
        connection.execute(_COUNT, rows)
    op.drop_table("ds_conversion")


def downgrade() -> None:
    raise NotImplementedError("an older version cannot read what this one writes: restore a copy of the database")
