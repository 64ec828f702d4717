"""What is behind the port of the PC channel: letters as rows, in a worker (SPEC D14, N4).

Who waits for letters costs a future: one question to the store a second is asked for all of them, and at once when the
bell rings. All database work runs in threads, none on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from distserver.errors import LaterError
from distserver.model.letters import Attendance, Letter, LetterStanding, LetterState
from distserver.store import letters
from distserver.store.database import Database
from distserver.store.spool import Spool

A = TypeVar("A")
T = TypeVar("T")
_LOOK_SECONDS = 1.0
_PIECE = 1 << 20
_Waiter = tuple[LetterStanding, "asyncio.Future[LetterStanding | None]"]


class PcMailbox:
    """Letters of all PCs, for one worker. Its methods belong to one event loop, except `wake`."""

    def __init__(self, database: Database, spool: Spool, clock: Callable[[], float]) -> None:
        self._database = database
        self._spool = spool
        self.now = clock
        self._waiters: dict[str, list[_Waiter]] = {}
        self._bell = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Something may have changed; from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(self._bell.set)

    async def find_attendance(self, pc: str) -> Attendance | None:
        """When the PC was last heard of; None: never."""
        return await asyncio.to_thread(self._read, letters.find_attendance, pc)

    async def digest(self, path: Path) -> tuple[str, int, str]:
        """SHA-256 (hex), size and place below the spool; of a file that many PCs get once. Raises OSError."""
        return await asyncio.to_thread(self._digest, path)

    async def put(self, letter: Letter) -> None:
        """Offer a letter, also one that was withdrawn; a stored one stays."""

        def write() -> None:
            with self._database.begin() as connection:
                letters.put(connection, letter)

        await asyncio.to_thread(self._database.patiently, write)

    async def find(self, name: str) -> LetterStanding | None:
        """The letter of that name."""
        return await asyncio.to_thread(self._read, letters.find, name)

    async def withdraw(self, name: str) -> LetterStanding | None:
        """Offer it no more, unless the PC has stored it already: the answer says which."""

        def write() -> LetterStanding | None:
            with self._database.begin() as connection:
                letters.settle(connection, name, LetterState.WITHDRAWN, self.now())
                return letters.find(connection, name)

        return await asyncio.to_thread(self._database.patiently, write)

    async def wait(self, name: str, known: LetterStanding, seconds: float) -> LetterStanding | None:
        """How the letter stands once that differs from `known`, or after so many seconds; None when it is gone."""
        self._loop = asyncio.get_running_loop()
        waiter: _Waiter = (known, self._loop.create_future())
        self._waiters.setdefault(name, []).append(waiter)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                return await waiter[1]
        except TimeoutError:
            return await self.find(name)
        finally:
            self._waiters[name].remove(waiter)
            if not self._waiters[name]:
                del self._waiters[name]

    async def _look(self) -> None:
        """As long as somebody waits."""
        while self._waiters:
            names = list(self._waiters)
            with contextlib.suppress(LaterError):  # asked again soon
                found = await asyncio.to_thread(self._read, letters.find_many, names)
                for name in names:
                    self._tell(name, found.get(name))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._bell.wait()
            self._bell.clear()

    def _tell(self, name: str, standing: LetterStanding | None) -> None:
        for known, future in self._waiters.get(name, ()):
            if standing != known and not future.done():
                future.set_result(standing)

    def _digest(self, path: Path) -> tuple[str, int, str]:
        found = path.stat()
        place = path.absolute().relative_to(self._spool.root.absolute()).as_posix()
        return _digest(path, found.st_size, found.st_mtime_ns), found.st_size, place

    def _read(self, question: Callable[[sa.Connection, A], T], asked: A) -> T:
        with self._database.read() as connection:
            return question(connection, asked)


@functools.lru_cache(maxsize=256)
def _digest(path: Path, size: int, changed: int) -> str:
    """`size` and `changed` tell a file from another of its name."""
    del size, changed
    sum_ = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            sum_.update(piece)
    return sum_.hexdigest()
