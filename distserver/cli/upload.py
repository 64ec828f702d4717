"""The files of a command line as parts of a form; `-` among them is standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from distserver.errors import BadRequest
from distwire.api import form
from distwire.api.failures import Unsendable
from distwire.api.form import Body, FilePart

STDIN = Path("-")


def encode_form(
    fields: Iterable[tuple[str, str]], files: Sequence[Path], progress: Callable[[int], None] = lambda _: None
) -> Body:
    """Fields and files as one body. Raises `BadRequest` on an unreadable file, also while it is read.

    `progress` is called with the number of bytes of files that went out.
    """
    body = form.encode_form(fields, [_open_part(path) for path in files], progress)
    return replace(body, chunks=_in_our_words(body.chunks))


def _in_our_words(chunks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except Unsendable as error:
        raise BadRequest(str(error)) from error


def _open_part(path: Path) -> FilePart:
    if path == STDIN:
        return FilePart("document", None, lambda: nullcontext(sys.stdin.buffer))
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
    except OSError as error:
        raise BadRequest(f"'{path}' cannot be read: {error.strerror}") from error
    return FilePart(path.name, size, lambda: path.open("rb"))
