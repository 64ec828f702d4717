"""Alembic's environment: our tables only; the engine keeps its own."""

from __future__ import annotations

from alembic import context

from distserver.store.fax_tables import metadata


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or (name or "").startswith("ds_")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="ds_schema",
    include_name=_ours,
)
with context.begin_transaction():
    context.run_migrations()
