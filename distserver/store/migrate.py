"""Bringing a database to this version, by Alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from distserver.errors import SetupError
from distserver.store.database import Database

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Make or upgrade all tables. Raises `SetupError` when the database cannot be used or is of a newer version."""
    config = alembic_config()
    try:
        with database.engine.connect() as connection:
            _refuse_newer(connection, config)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        shown = sa.make_url(database.url).render_as_string(hide_password=True)
        raise SetupError(f"the database {shown} cannot be used: {reason}") from error


def find_version(database: Database) -> tuple[str | None, str]:
    """The version of the tables (None: there are none), and the one that this program wants.

    Raises `SetupError` when the tables are of a newer version than this program.
    """
    config = alembic_config()
    with database.read() as connection:
        _refuse_newer(connection, config)
        head = str(ScriptDirectory.from_config(config).get_current_head())
        if not sa.inspect(connection).has_table("ds_schema"):
            return None, head
        return str(connection.execute(sa.text("SELECT version_num FROM ds_schema")).scalar()), head


def alembic_config() -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _refuse_newer(connection: sa.Connection, config: Config) -> None:
    if not sa.inspect(connection).has_table("ds_schema"):
        return
    present = str(connection.execute(sa.text("SELECT version_num FROM ds_schema")).scalar())
    try:
        ScriptDirectory.from_config(config).get_revision(present)
    except CommandError as error:
        raise SetupError(
            f"the database is of a newer version of Distserver ({present}): run that version, or another --home"
        ) from error
