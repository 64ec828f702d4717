"""What waits to be sent: a folder for each order, whole or not there. HOME/outbox/KEY/{document,order.json}.

For any number of threads and programs of one account: two that send the same order make one job of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from distwire.local.own_file import sync_folder, write_own_file
from pc_client.sending.order import Order, check_key

_DOCUMENT, _ORDER, _TROUBLE, _SENT = "document", "order.json", "trouble.json", "sent"
_MOST_SENT = 500
Opener = Callable[[str, int], int]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an order has not gone; `final`: it will not go by itself."""

    keyword: str
    words: str
    final: bool = False


class Outbox:
    """The orders of one home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "outbox"
        self._sent = self.folder / _SENT

    def put(self, order: Order, document: Path, opener: Opener | None = None) -> bool:
        """Keep an order with a copy of its document, which is opened by `opener` (see `open`); it is on the disk when
        this returns. False when it is here or has been sent already. Raises OSError."""
        target = self.folder / check_key(order.key)
        if target.exists() or self.find_job(order.key) is not None:
            return False
        self._sent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _emptied(self.folder / f".{order.key}.{os.getpid()}.new") as made:
            with open(document, "rb", opener=opener) as source, (made / _DOCUMENT).open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
            write_own_file(made / _ORDER, order.model_dump_json().encode())
            made.rename(target)
        sync_folder(self.folder)
        return True

    def list_orders(self) -> list[Order]:
        """All that wait, the oldest first. What cannot be read is left out."""
        names = [path.name for path in self.folder.glob("*") if path.name != _SENT and not path.name.startswith(".")]
        found = [order for order in map(self.find, names) if order is not None]
        return sorted(found, key=lambda order: order.since)

    def find(self, key: str) -> Order | None:
        """An order that waits."""
        try:
            return Order.model_validate_json((self.folder / check_key(key) / _ORDER).read_bytes())
        except (OSError, ValidationError, ValueError):
            return None

    def document_path(self, key: str) -> Path:
        """Where the document of an order is."""
        return self.folder / check_key(key) / _DOCUMENT

    def drop(self, key: str) -> bool:
        """Give an order up with its copy of the document; whether it was here."""
        gone = self.folder / f".{check_key(key)}.gone"
        try:
            (self.folder / key).rename(gone)
        except OSError:
            return False
        sync_folder(self.folder)
        shutil.rmtree(gone, ignore_errors=True)
        return True

    def note_trouble(self, key: str, trouble: Trouble) -> None:
        """Keep why it has not gone."""
        text = json.dumps({"keyword": trouble.keyword, "words": trouble.words, "final": trouble.final})
        with contextlib.suppress(OSError):
            write_own_file(self.folder / check_key(key) / _TROUBLE, text.encode())

    def find_trouble(self, key: str) -> Trouble | None:
        """Why an order has not gone, if it was tried."""
        try:
            return Trouble(**json.loads((self.folder / check_key(key) / _TROUBLE).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def note_sent(self, key: str, job: str) -> None:
        """The server has made a job of it: the order goes, and what it became is remembered. Raises OSError."""
        write_own_file(self._sent / check_key(key), f"{job}\n".encode())
        self.drop(key)
        for old in sorted(self._sent.glob("[!.]*"), key=_read_age, reverse=True)[_MOST_SENT:]:
            old.unlink(missing_ok=True)

    def find_job(self, key: str) -> str | None:
        """What an order has become."""
        try:
            return (self._sent / check_key(key)).read_text().strip()
        except OSError:
            return None


def _read_age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """A new folder; it is gone afterwards if it was not moved."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
