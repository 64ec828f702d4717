"""How much room the memory has, and what to say when there is none."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from distwire.tiff import DamagedTiff
from mfp_client.memory.errors import Damaged, MemoryFault, MemoryFull, Unusable, is_full, say_id, say_size
from mfp_client.memory.listing import find_largest
from mfp_client.memory.records import NOBODY, Asker, Limits, Usage
from mfp_client.memory.table import Table


@contextlib.contextmanager
def map_disk(path: Path, advice: str) -> Iterator[None]:
    """What the disk of `path` says, as `MemoryFull`, `Damaged` and `Unusable`."""
    try:
        yield
    except DamagedTiff as error:
        raise Damaged(f"the file of a document is damaged: {error}") from error
    except OSError as error:
        if is_full(error):
            raise MemoryFull(f"the disk of the image memory is full: {advice}") from error
        where = error.filename if isinstance(error.filename, str) else path
        raise Unusable(f"the image memory cannot use {where}: {error.strerror}") from error


class Room:
    """The room for documents on the disk of `path`, within `limits`."""

    def __init__(self, path: Path, table: Table, limits: Limits) -> None:
        self._path = path
        self._table = table
        self._limits = limits

    def usage(self) -> Usage:
        """How full the memory is."""
        row = self._table.rows("SELECT octets, documents FROM usage")[0]
        return Usage(row["octets"], self._limits.octets, row["documents"])

    def check(self, more: int, asker: Asker) -> None:
        """Raises `MemoryFull`, with what the asker can erase, when `more` octets have no room."""
        usage = self.usage()
        if usage.octets + more > usage.limit or (more == 0 and usage.octets >= usage.limit):
            full = f"{say_size(usage.octets)} of {say_size(usage.limit)} are in use"
            raise MemoryFull(f"the image memory is full ({full}): {self.advise(asker)}")
        with self.disk(asker):
            free = shutil.disk_usage(self._path).free
        if free < self._limits.reserve + more:
            full = f"{say_size(free)} are free, {say_size(self._limits.reserve)} are kept for others"
            raise MemoryFull(f"the disk of the image memory is full ({full}): {self.advise(asker)}")

    @contextlib.contextmanager
    def disk(self, asker: Asker = NOBODY) -> Iterator[None]:
        """Maps what the disk says; a full one is told with what the asker can erase."""
        try:
            with map_disk(self._path, ""):
                yield
        except MemoryFull as fault:
            if fault.__cause__ is None:
                raise
            raise MemoryFull(f"the disk of the image memory is full: {self.advise(asker)}") from fault.__cause__

    def advise(self, asker: Asker) -> str:
        """What to do."""
        try:
            largest = find_largest(self._table, asker, 3)
        except MemoryFault:
            largest = []
        if not largest:
            return "free some room on it, or have others erase documents"
        named = ", ".join(f"{say_id(one.id)} “{one.draft.title}” ({say_size(one.octets)})" for one in largest)
        return f"erase documents; the largest that you may erase: {named}"
