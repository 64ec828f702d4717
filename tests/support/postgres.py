"""A private PostgreSQL for the tests: made in a temporary folder, reached by a Unix socket, ended by its id.

Use the fixtures by importing them into a `conftest.py` of the tests that want them:

    from tests.support.postgres import postgres_server, postgres_url  # noqa: F401

`postgres_server` is one server for the session (one for each xdist worker); `postgres_url` is the SQLAlchemy URL of a
fresh, empty database for one test; `PostgresServer.create_database()` makes more.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

_START_SECONDS = 60.0
_END_SECONDS = 60.0
# A server that lives as long as a test needs no disk that survives a power cut; everything else is as delivered.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


@dataclass(slots=True)
class PostgresServer:
    """A running server; `folder` holds its socket."""

    folder: Path
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def create_database(self, template: str | None = None) -> str:
        """Make an empty database, or a copy of the one at the URL `template`; its SQLAlchemy URL."""
        name = f"test{next(self._numbers)}"
        source = "template0 ENCODING 'UTF8'" if template is None else _name_of(template)
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    @contextmanager
    def away(self) -> Iterator[None]:
        """Ended as at a power cut (`-m immediate`) for as long as the block runs."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(_END_SECONDS)
        try:
            yield
        finally:
            self.process = _start(find_programs(), self.folder, _account())
            self.wait_until_ready(self.folder / "log")

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = _name_of(url)
        with self._connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def wait_until_ready(self, log: Path) -> None:
        """Return when it takes connections; raises `RuntimeError` with its log when it does not."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from error
                time.sleep(0.05)
            else:
                return

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True)


def _name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with run_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """A server for as long as the block runs, for scripts that are no tests."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    account = _account()
    server = None
    try:
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        command = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run([*command, "--locale=C"], check=True, capture_output=True, cwd=folder, **_as(account))
        server = PostgresServer(folder, _start(programs, folder, account))
        server.wait_until_ready(folder / "log")
        yield server
    finally:
        if server is not None:
            _end(server.process)
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """Folder of the newest PostgreSQL that Debian put there, else of the one on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    anywhere = shutil.which("initdb")
    if not found and anywhere is None:
        raise RuntimeError("PostgreSQL is not installed: deploy/test installs it as root (apt-get install postgresql)")
    return found[-1].parent if found else Path(str(anywhere)).resolve().parent


def _start(programs: Path, folder: Path, account: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    """The server itself, not a daemon of it: its process id is ours to end."""
    command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    for name, value in _SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_as(account))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: there it gets the account that Debian made for it."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _as(account: pwd.struct_passwd | None) -> dict[str, object]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
