"""What sub-commands work with: the home folder, its settings, and the server that runs on it."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from distserver.accounts.local import local_file, read_local
from distserver.cli.client import Client
from distserver.cli.exits import Unreachable
from distserver.errors import SetupError
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.model.stops import Stop
from distserver.settings import SettingInfo, Settings, load_settings
from distserver.store.folder import check_there

if TYPE_CHECKING:
    from distserver.accounts.enrolments import Enrolments
    from distserver.accounts.mailboxes import Mailboxes
    from distserver.accounts.service import Accounts
    from distserver.jobs.quotas import Quotas
    from distserver.store.database import Database


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that `--home` or DISTSERVER_HOME names; `named`: on the command line."""

    path: Path
    named: bool = False

    def settings(self, **flags: Any) -> Settings:
        """The effective settings; `flags` win over all others. Raises `SetupError`."""
        return self.settings_with_origins(**flags)[0]

    def settings_as_served(self) -> Settings:
        """The settings, with the port on which the server was started last: its `--port` is no setting of others."""
        settings, access = self.settings(), None
        with suppress(SetupError):  # who may not read it is told the port of the settings
            access = read_local(self.path)
        port = urlsplit(access.url).port if access else None
        return replace(settings, port=port) if port and settings.port else settings

    def settings_with_origins(self, **flags: Any) -> tuple[Settings, tuple[SettingInfo, ...]]:
        """The effective settings, and where each came from."""
        return load_settings(self.path if self.named else None, flags=flags)

    def client(self) -> Client:
        """The running server, with the credentials of this machine. Raises `Unreachable`, `SetupError`."""
        access = read_local(self.path)
        if access is None and not self.path.exists():
            raise Unreachable(
                f"there is no folder {self.path}: start a server on it with `distserver serve`, or name the right one "
                "with --home"
            )
        if access is None:
            raise Unreachable(
                f"no server has been started on {self.path} (no {local_file(self.path).name} in its tokens): "
                "start one with `distserver serve`, or name its folder with --home"
            )
        return Client(access.url, access.token)

    @contextmanager
    def accounts(self) -> Iterator[Accounts]:
        """Users and tokens, straight in the database: this needs no running server."""
        with self.accounts_and_quotas() as (accounts, _):
            yield accounts

    @contextmanager
    def accounts_and_quotas(self) -> Iterator[tuple[Accounts, Quotas]]:
        """The same, and what users may send."""
        from distserver.accounts.service import Accounts
        from distserver.jobs.quota_rules import read_quota_rules
        from distserver.jobs.quotas import Quotas
        from distserver.store.clock import DatabaseClock

        settings = self.settings()
        rules = read_quota_rules(settings)
        with self._database(settings) as database:
            yield Accounts(database), Quotas(database, rules, DatabaseClock(database).now)

    @contextmanager
    def mailboxes(self) -> Iterator[Mailboxes]:
        """Mail addresses of users, straight in the database: this needs no running server."""
        from distserver.accounts.mailboxes import Mailboxes

        with self._database(self.settings()) as database:
            yield Mailboxes(database)

    @contextmanager
    def enrolments(self) -> Iterator[Enrolments]:
        """Codes for devices, straight in the database: this needs no running server."""
        from distserver.accounts.enrolments import Enrolments
        from distserver.accounts.seal import build_seal
        from distserver.groups.index import GroupIndex
        from distserver.store.clock import DatabaseClock

        settings = self.settings()
        with self._database(settings) as database:
            find_line = GroupIndex(settings.groups_dir).snapshot().find_line
            yield Enrolments(database, build_seal(settings.home), find_line, DatabaseClock(database).now)

    def stops(self) -> Mapping[str, Stop]:
        """Which groups are paused or closed, by file; of a folder that no server was ever started on, none."""
        from distserver.jobs.stops import Stops

        settings = self.settings()
        if not settings.database and not (settings.home / "store").is_dir():
            return {}
        with self._database(settings) as database:
            return Stops(database, lambda: None, time.time).list()

    @contextmanager
    def _database(self, settings: Settings) -> Iterator[Database]:
        from distserver.store.database import Database
        from distserver.store.preparation import prepare_home

        check_there(self.path)
        prepare_home(settings)
        database = Database(settings.database_url, durable=True, pool=2)
        try:
            yield database
        finally:
            database.close()


def local_actor() -> Actor:
    """Whoever may write the home folder is an administrator; the audit log says which user of this machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"
    return Actor(f"{user} (command line)", Role.ADMINISTRATOR)
