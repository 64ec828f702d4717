"""The home folder and its database, made ready before anything runs on them."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distserver.errors import SetupError
from distserver.settings import Settings
from distserver.store.database import Database
from distserver.store.folder import explain_fault
from distserver.store.migrate import migrate


def prepare_home(settings: Settings) -> None:
    """Make the folders and bring the database to this version; safe when several processes start at once."""
    try:
        for folder in (settings.home, settings.groups_dir, settings.home / "store", settings.home / "tokens"):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(explain_fault(error, settings.home)) from error
    with _alone(settings.home / "store" / ".migrate"):
        database = Database(settings.database_url, durable=True, pool=2)
        try:
            migrate(database)
        finally:
            database.close()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        file = path.open("ab")
    except OSError as error:
        raise SetupError(explain_fault(error, path)) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
