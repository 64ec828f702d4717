"""The pages of a fax as they are brought to its server: all of them, or those that are still missing."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from distwire.tiff.fax import FaxFacts
from distwire.tiff.fax_reader import copy_pages, read_fax

_PART = 1 << 16


@contextlib.asynccontextmanager
async def open_parts(source: Path, first: int) -> AsyncIterator[AsyncIterator[bytes]]:
    """The pages of a TIFF from `first` (0) on, bit by bit. Raises OSError, `DamagedTiff`: before the first bit."""
    with await asyncio.to_thread(_open, source, first) as file:
        yield _read_parts(file)


async def _read_parts(file: BinaryIO) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(file.read, _PART):
        yield part


def read_facts(source: Path) -> list[FaxFacts]:
    """Of each page. Raises OSError, `DamagedTiff`."""
    with source.open("rb") as file:
        return [page.facts for page in read_fax(file)]


def _open(source: Path, first: int) -> BinaryIO:
    if first == 0:
        return source.open("rb")
    rest = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with source.open("rb") as whole:
        copy_pages(whole, first, rest)
    rest.seek(0)
    return rest
