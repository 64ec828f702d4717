"""The device's side of the fenced child: starts it, asks for page after page, and ends it in every case."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from distwire.fence import make_command, make_environment
from mfp_client.printing.job import Ticket
from mfp_client.printing.pages import Unprintable

PAGE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """One page image in the folder; sizes in dots."""

    number: int
    file: str
    width: int
    height: int
    media: str
    sides: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be rasterised, and where the images go."""

    document: Path
    format: str
    ticket: Ticket
    profile: str
    folder: Path


class Rasterizer:
    """A running child. `total` is the number of pages, None while only the end will tell."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.total: int | None = None

    async def start(self) -> None:
        """Wait until the document is open; raises `Unprintable`."""
        self.total = (await self._listen())["pages"]

    async def next_page(self) -> PrintedPage | None:
        """Draw the next page; None after the last. Raises `Unprintable`."""
        assert self._process.stdin is not None
        with suppress(ConnectionError):  # the child is gone: _listen says so
            self._process.stdin.write(b"next\n")
            await self._process.stdin.drain()
        said = await self._listen()
        if "end" in said:
            return None
        return PrintedPage(
            number=said["page"],
            file=said["file"],
            width=said["width"],
            height=said["height"],
            media=said["media"],
            sides=said["sides"],
        )

    async def stop(self) -> None:
        """End the child, whatever it is doing."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()

    async def _listen(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            raise Unprintable("document-format-error", "a page takes too long to draw") from error
        if not line:
            raise Unprintable("document-format-error", "the document broke the program that reads it")
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise Unprintable(said["error"], said["words"])
        return said


@asynccontextmanager
async def rasterize(order: Order, first: int = 1) -> AsyncIterator[Rasterizer]:
    """A child for one document, open and ready for its page `first`; raises `Unprintable`."""
    spec = {
        "document": str(order.document),
        "format": order.format,
        "ticket": asdict(order.ticket),
        "profile": order.profile,
        "folder": str(order.folder),
        "first": first,
    }
    process = await asyncio.create_subprocess_exec(
        *make_command("mfp_client.printing.child", json.dumps(spec)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=make_environment(),
    )
    rasterizer = Rasterizer(process)
    try:
        await rasterizer.start()
        yield rasterizer
    finally:
        await rasterizer.stop()
