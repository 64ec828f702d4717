"""One process after the other stores a document, has it sent, and erases another, or moves one to a medium. Each dies
by SIGKILL at another of its writes, right before it, right after, or in its middle, or finds the disk full there; all
work in one memory.

    python -m tests.support.memory_crash FOLDER cycle|move kill-before|kill-after|kill-within|full

prints a JSON object: how many writes there are, at which a process died, and what was wrong, in words.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from mfp_client.memory.errors import Erased, MediumFull, MediumGone, MemoryFull
from mfp_client.memory.medium import Medium, move_document
from mfp_client.memory.outbox import Outbox
from mfp_client.memory.records import FIRST_ID, Asker, Draft, Limits, Sending, SendOrder, StoredDocument
from mfp_client.memory.store import ImageMemory
from mfp_client.memory.sums import digest_of
from tests.support.memory_pages import FAX, NOTICE, add_image, draw_page, store

ANNA = Asker("anna")
ORDER = SendOrder("http://server", '{"group": "all"}', erase_after=True)
_CALLS = ("fdatasync", "fsync", "link", "unlink", "ftruncate", "posix_fallocate", "rename", "replace")
_FEW_IDS = 400
"""So few that the same one is drawn again and again."""


@dataclass
class Journal:
    """What the processes were told, and the server has; written past the counted calls."""

    folder: Path

    def note(self, *words: object) -> None:
        line = " ".join(map(str, words)) + "\n"
        with (self.folder / "journal").open("a") as file:
            file.write(line)

    def lines(self) -> list[list[str]]:
        path = self.folder / "journal"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


@dataclass
class Striker:
    """Counts writes, and strikes at one of them."""

    at: int
    how: str
    count: int = 0
    armed: bool = False
    names: list[str] = field(default_factory=list)

    def around(self, name: str, write: Callable[[], Any], half: Callable[[], Any] = lambda: None) -> Any:
        if not self.armed:
            return write()
        self.count += 1
        self.names.append(name)
        mine = self.count == self.at
        if mine and self.how == "full" and name not in ("unlink", "ftruncate"):
            raise _full(name)
        if mine and self.how in ("kill-before", "kill-within"):
            if self.how == "kill-within":
                half()
            os.kill(os.getpid(), signal.SIGKILL)
        done = write()
        if mine and self.how == "kill-after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done


def _full(name: str) -> Exception:
    if name != "commit":
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def watch(striker: Striker) -> None:
    """From now on in this process."""
    for name in _CALLS:
        _watch_call(striker, name)
    write = os.pwrite

    def pwrite(file: int, data: bytes, offset: int) -> Any:
        half = lambda: write(file, data[: len(data) // 2], offset)  # noqa: E731
        return striker.around("pwrite", lambda: write(file, data, offset), half)

    os.pwrite = pwrite  # type: ignore[assignment]

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:  # type: ignore[override]
            run = super().execute
            return striker.around("commit", lambda: run(sql, *values)) if sql == "COMMIT" else run(sql, *values)

    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **k: connect(*a, **k, factory=Connection)  # type: ignore[assignment]


def _watch_call(striker: Striker, name: str) -> None:
    call = getattr(os, name)
    setattr(os, name, lambda *a, **k: striker.around(name, lambda: call(*a, **k)))


def open_memory(folder: Path) -> ImageMemory:
    draw = lambda: FIRST_ID + random.randrange(_FEW_IDS)  # noqa: E731
    return ImageMemory(folder / "home", Limits(reserve=0), draw=draw)


def accept(folder: Path) -> Callable[[Sending, StoredDocument, BinaryIO], str]:
    """A server that takes each key once, and says the same job again when it is told twice."""

    def deliver(sending: Sending, document: StoredDocument, file: BinaryIO) -> str:
        assert digest_of(file.fileno()) == document.digest
        known = {line[1] for line in Journal(folder).lines() if line[0] == "delivered"}
        if sending.key not in known:
            Journal(folder).note("delivered", sending.key, sending.id)
        return "job"

    return deliver


def work(folder: Path, striker: Striker) -> None:
    """What a process does until it is struck."""
    journal = Journal(folder)
    with open_memory(folder) as memory:
        old = store(memory, Draft("old", "anna"))
        striker.armed = True
        document = memory.open(Draft("notice", "anna"))
        journal.note("opened", document.id)
        for number in (1, 2):
            add_image(document, draw_page(f"page {number}"), FAX)
            journal.note("page", document.id, number)
        document.close([ORDER])
        journal.note("closed", document.id)
        for sending in Outbox(memory).list_waiting():
            Outbox(memory).send(sending, accept(folder))
        journal.note("erasing", old.id)
        memory.erase(old.id, ANNA)
        journal.note("erased", old.id)
        striker.armed = False


def move(folder: Path, striker: Striker) -> None:
    """The same with a document that is moved to a medium."""
    with open_memory(folder) as memory:
        stored = store(memory, NOTICE, pages=2)
        Journal(folder).note("opened", stored.id)
        Journal(folder).note("stored", stored.id, stored.digest)
        striker.armed = True
        move_document(memory, stored.id, ANNA, make_medium(folder))
        striker.armed = False


def make_medium(folder: Path) -> Medium:
    """A folder that stands for a medium."""
    (folder / "medium").mkdir(exist_ok=True)
    return Medium(folder / "medium", same_disk=True)


def run_struck(folder: Path, number: int, how: str, work: Callable[[Path, Striker], None]) -> tuple[bool, list[str]]:
    """Have a process struck at write `number`: whether it was, and which writes it came to."""
    told = folder / "counted"
    told.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        striker = Striker(number, how)
        watch(striker)
        wrong = ""
        try:
            work(folder, striker)
        except (MemoryFull, MediumFull, MediumGone):
            pass
        except BaseException as error:
            wrong = f"{striker.names[-1:]}: {error!r}"
        striker.armed = False
        told.write_text(json.dumps({"names": striker.names, "wrong": wrong}))
        os._exit(0)
    os.waitpid(child, 0)
    if not told.exists():
        return True, []
    said = json.loads(told.read_text())
    if said["wrong"]:
        raise AssertionError(said["wrong"])
    return len(said["names"]) >= number, said["names"]


def judge(folder: Path) -> Iterator[str]:
    """What is wrong with the memory, and the journal, after a strike."""
    lines = Journal(folder).lines()
    opened = [line[1] for line in lines if line[0] == "opened"]
    if len(set(opened)) != len(opened):
        yield "an ID was given twice"
    with open_memory(folder) as memory:
        for sending in Outbox(memory).list_waiting():
            Outbox(memory).send(sending, accept(folder))
        yield from _judge_moved(memory, folder, lines)
        yield from _judge_documents(memory, folder, lines)
        yield from _judge_files(memory, folder)


def _judge_moved(memory: ImageMemory, folder: Path, lines: list[list[str]]) -> Iterator[str]:
    """What was to be moved is here, and is moved at the next try; or is on the medium, whole."""
    medium = make_medium(folder)
    for _, image_id, digest in (line for line in lines if line[0] == "stored"):
        with contextlib.suppress(Erased):
            move_document(memory, int(image_id), ANNA, medium)
        Journal(folder).note("erasing", image_id)
        with (medium.folder / f"{image_id} notice.tif").open("rb") as file:
            if digest_of(file.fileno()) != digest:
                yield f"{image_id}: not on the medium as it was stored"
    for path in medium.folder.glob(".*"):
        yield f"{path.name} is left on the medium"


def _judge_documents(memory: ImageMemory, folder: Path, lines: list[list[str]]) -> Iterator[str]:
    told = {(line[0], int(line[-1])) for line in Journal(folder).lines() if line[0] in ("closed", "erasing", "erased")}
    delivered = {int(line[2]) for line in Journal(folder).lines() if line[0] == "delivered"}
    pages = {int(line[1]): int(line[2]) for line in lines if line[0] == "page"}
    for image_id in (int(line[1]) for line in lines if line[0] == "opened"):
        gone = False
        try:
            found = memory.find(image_id, ANNA, unclosed=True)
            with memory.read(found) as file:
                there = sum(1 for _ in memory.pages(file, found))
            if there < pages.get(image_id, 0):
                yield f"{image_id}: {there} pages, {pages[image_id]} were stored"
            if found.state == "open" and ("closed", image_id) in told:
                yield f"{image_id}: open, though it was closed"
        except Erased:
            gone = True
        if gone and image_id not in delivered and ("erasing", image_id) not in told and pages.get(image_id):
            yield f"{image_id}: lost"
        if not gone and image_id in delivered:
            yield f"{image_id}: left over though it was delivered"
        if not gone and ("erased", image_id) in told:
            yield f"{image_id}: left over though it was erased"


def _judge_files(memory: ImageMemory, folder: Path) -> Iterator[str]:
    rows = {f"{row['id']}.tif": row["octets"] for row in memory.table.rows("SELECT id, octets FROM document")}
    files = {path.name: path.stat().st_size for path in (folder / "home" / "memory" / "images").iterdir()}
    if rows.keys() != files.keys():
        yield f"rows {sorted(rows)}, but files {sorted(files)}"
    if memory.room.usage().octets != sum(rows.values()):
        yield "the usage is not the sum of the documents"


def main(arguments: list[str]) -> int:
    """Strike at one write after the other until there are no more."""
    folder, what, how = Path(arguments[0]), arguments[1], arguments[2]
    random.seed(1)
    wrong: list[str] = []
    number, struck, names = 0, True, []
    while struck:
        number += 1
        struck, names = run_struck(folder, number, how, {"cycle": work, "move": move}[what])
        wrong += [f"write {number}: {one}" for one in judge(folder)]
    print(json.dumps({"strikes": number - 1, "writes": names, "wrong": wrong}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
