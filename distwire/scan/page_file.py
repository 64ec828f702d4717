"""Page files: made under names nobody has, whole or not at all, with a full disk told as such."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from distwire.scan.faults import NoRoom


@contextlib.contextmanager
def open_page(target: Path) -> Iterator[BinaryIO]:
    """A new file to write to, unbuffered; it is removed when writing fails. Raises `NoRoom`."""
    try:
        file = target.open("xb", buffering=0)
    except OSError as error:
        raise _explain(target, error) from error
    try:
        with file:
            yield file
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def store_piece(file: BinaryIO, piece: bytes) -> None:
    """Write all of it. Raises `NoRoom`: what the network does to us is another matter."""
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise _explain(Path(str(file.name)), error) from error


def _explain(target: Path, error: OSError) -> NoRoom:
    return NoRoom(f"pages cannot be stored in {target.parent}: {error.strerror or error}")
