"""What deliveries have found out of a destination"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ds_destination", sa.Column("learnt", sa.Text(), server_default="", nullable=False))
