"""An inbox whose database cannot grow: told as a full disk, and nothing that runs ends of it (SPEC D14, N4)."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distwire.api.inbox import Letter
from pc_client.receiver.handling import AutoPrinter
from pc_client.receiver.inbox import Inbox
from pc_client.receiver.notices import Announcer
from pc_client.receiver.taking import Taker
from pc_client.settings import PcSettings
from tests.support.patience import wait_until


def make_letter(name: str, title: str = "Price list") -> Letter:
    said = {"id": name, "title": title, "sender": "head office", "pages": 1, "copies": 1, "size": 9}
    return Letter.model_validate({**said, "format": "application/pdf", "sha256": "0" * 64, "sent": 0})


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path)
    yield made
    made.close()


class Server:
    """Offers what it is given; `asked` counts how often."""

    def __init__(self, *letters: Letter) -> None:
        self.letters, self.asked = letters, 0

    def inbox(self, wait: float) -> Any:
        self.asked += 1
        return SimpleNamespace(letters=self.letters, next_seconds=0.0)


@contextmanager
def run_taker(inbox: Inbox, server: Server) -> Iterator[Taker]:
    taker = Taker(server, inbox, lambda: None)  # type: ignore[arg-type]
    thread = threading.Thread(target=taker.run, daemon=True)
    thread.start()
    try:
        yield taker
        assert thread.is_alive()
    finally:
        taker.end()
        thread.join()


def test_a_database_that_cannot_grow_is_a_full_disk(inbox: Inbox) -> None:
    inbox._database.execute("PRAGMA max_page_count = 1")  # SQLite's own limit: the same answer as of a full disk
    with pytest.raises(OSError, match="full") as caught:
        inbox.begin(make_letter("letter-1", "Price list " * 1000))
    assert caught.value.errno == errno.ENOSPC


def test_the_taker_says_so_and_goes_on(inbox: Inbox) -> None:
    inbox._database.execute("PRAGMA max_page_count = 1")
    server = Server(make_letter("letter-1", "Price list " * 1000))
    with run_taker(inbox, server) as taker:
        wait_until(lambda: server.asked > 1, lambda: taker.line)
        assert "disk of the PC is full" in taker.line.words


def test_the_taker_goes_on_after_a_name_that_cannot_be_used(inbox: Inbox) -> None:
    server = Server(make_letter("../letter"))
    with run_taker(inbox, server) as taker:
        wait_until(lambda: server.asked > 1, lambda: taker.line)


def test_who_tells_and_who_prints_go_on(inbox: Inbox) -> None:
    announcer = Announcer(PcSettings(), inbox, lambda title, text: None, lambda: None)
    parts = (announcer, AutoPrinter(inbox, "/nowhere", lambda text: None))
    inbox.close()
    threads = [threading.Thread(target=part.run, daemon=True) for part in parts]
    for thread, part in zip(threads, parts, strict=True):
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        part.end()
        thread.join()
