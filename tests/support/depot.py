"""A web server that has documents, and machines that fetch them; `python -m tests.support.depot` is one of those."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from distserver.accounts.service import Accounts
from distserver.errors import DistserverError
from distserver.model.accounts import Role
from distserver.settings import load_settings
from distserver.store.database import Database
from distserver.store.fetch import DocumentFetcher, Patience
from distserver.store.origin import parse_origin
from distserver.store.preparation import prepare_home
from distserver.store.spool import Spool
from tests.support.board import ADMIN
from tests.support.sources import ROOT

PATIENCE = Patience(idle=30.0, turn=60.0, barren=3, pause=0.01)


@dataclass(frozen=True)
class Depot:
    """`spool` is the server's, `url` where it listens; `tokens` are by role, `token_file` has that of a worker."""

    spool: Spool
    url: str
    tokens: dict[Role, str]
    token_file: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def store(self, data: bytes) -> str:
        """Put a document into the server's spool; its digest."""
        with self.spool.receive(limit=len(data)) as upload:
            upload.write(data)
            upload.finish()
            return upload.keep()

    def fetcher(self, home: Path, url: str = "") -> DocumentFetcher:
        """A worker's on a machine whose spool is in `home`."""
        return open_fetcher(home, url or self.url, self.token_file)


def open_fetcher(home: Path, url: str, token_file: Path) -> DocumentFetcher:
    """A fetcher into a spool of its own."""
    return DocumentFetcher(Spool(home, reserve_mb=0), parse_origin(url, token_file), PATIENCE)


@contextmanager
def run_depot(home: Path) -> Iterator[Depot]:
    """`distserver web` as a process of its own for as long as the block runs."""
    tokens = _make_tokens(home)
    command = [sys.executable, "-m", "distserver", "--home", str(home), "web", "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DISTSERVER_SPOOL_RESERVE_MB": "0"}
    with (home / "web.out").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        yield Depot(Spool(home / "spool"), url, tokens, write_token(home / "worker.token", tokens[Role.WORKER]))
    finally:
        process.terminate()
        process.communicate()


def _make_tokens(home: Path) -> dict[Role, str]:
    """A worker's token, and a sender's."""
    settings, _ = load_settings(home, {})
    prepare_home(settings)
    database = Database(settings.database_url, durable=True)
    try:
        accounts = Accounts(database)
        accounts.create_user("admin", Role.ADMINISTRATOR, None, ADMIN)
        accounts.create_user("sender", Role.SENDER, None, ADMIN)
        return {role: accounts.create_token(role.value, role, "test", ADMIN)[1] for role in (Role.SENDER, Role.WORKER)}
    finally:
        database.close()


def write_token(path: Path, token: str) -> Path:
    """A file that only its owner can read."""
    path.touch(0o600)
    path.write_text(token + "\n", "ascii")
    return path


def make_bytes(size: int, seed: int = 1) -> bytes:
    """Bytes without any pattern, the same each time."""
    return random.Random(seed).randbytes(size)


def find_part(home: Path, digest: str) -> Path:
    """Where a transfer that is not complete lies."""
    return home / "incoming" / f"fetch-{digest}"


def is_whole(home: Path, data: bytes) -> bool:
    """Whether the spool in `home` has these bytes under their digest, and nothing half done."""
    digest = hashlib.sha256(data).hexdigest()
    path = Spool(home, reserve_mb=0).document_path(digest)
    return path.is_file() and path.read_bytes() == data and not list((home / "incoming").iterdir())


def main(arguments: list[str]) -> None:
    """SPOOL URL TOKEN-FILE DIGEST SIZE: fetch one document, and print {"error": its class or null, "words": …}."""
    home, url, token_file, digest, size = arguments
    print(json.dumps({"pid": os.getpid()}), flush=True)
    sys.stdin.readline()
    try:
        open_fetcher(Path(home), url, Path(token_file)).fetch(digest, int(size))
        answer = {"error": None, "words": ""}
    except DistserverError as error:
        answer = {"error": type(error).__name__, "words": str(error)}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
