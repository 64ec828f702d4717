"""A document that is still being written while it is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path


class GrowingFile:
    """The writer's side and what it tells: `write` appends, `finish` ends the file, `fail` breaks it off."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()
        self._size = 0
        self._finished = False
        self._failure: OSError | None = None
        self._news = asyncio.Event()
        self.asked: list[int] = []

    def write(self, data: bytes) -> None:
        with self.path.open("ab") as stream:
            stream.write(data)
        self._size += len(data)
        self._news.set()

    def finish(self) -> None:
        self._finished = True
        self._news.set()

    def fail(self) -> None:
        self._failure = OSError("its writer has died")
        self._news.set()

    async def beyond(self, offset: int) -> int:
        """See `distwire.ipp.body.Growth`."""
        self.asked.append(offset)
        while self._size <= offset and not self._finished:
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            await self._news.wait()
        return self._size

    async def wait_until_asked(self, offset: int) -> None:
        """Until somebody has sent so much and wants more."""
        async with asyncio.timeout(60):
            while offset not in self.asked:
                await asyncio.sleep(0.01)
