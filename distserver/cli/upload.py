"""multipart/form-data (RFC 7578) written as it is sent: files are never whole in memory."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from distserver.cli.client import Body
from distserver.errors import BadRequest

_CHUNK = 256 << 10
STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    head: bytes
    size: int | None


def encode_form(
    fields: Iterable[tuple[str, str]], files: Sequence[Path], progress: Callable[[int], None] = lambda _: None
) -> Body:
    """Fields and files as one body; `-` among the files is standard input. Raises `BadRequest` on an unreadable file.

    `progress` is called with the number of bytes of files that went out.
    """
    boundary = secrets.token_hex(16)
    head = b"".join(_encode_field(boundary, name, value) for name, value in fields)
    parts = [_open_part(boundary, path) for path in files]
    tail = f"--{boundary}--\r\n".encode()
    length: int | None = len(head) + len(tail)
    for part in parts:
        length = None if length is None or part.size is None else length + len(part.head) + part.size + 2
    chunks = _stream(head, parts, tail, progress)
    return Body(chunks, f"multipart/form-data; boundary={boundary}", length)


def _encode_field(boundary: str, name: str, value: str) -> bytes:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _open_part(boundary: str, path: Path) -> _File:
    name = "document" if path == STDIN else path.name
    quoted = name.replace("\\", "_").replace('"', "%22").replace("\r", "_").replace("\n", "_")
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="document"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode("utf-8", "replace")
    if path == STDIN:
        return _File(path, head, None)
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
    except OSError as error:
        raise BadRequest(f"'{path}' cannot be read: {error.strerror}") from error
    return _File(path, head, size)


def _stream(head: bytes, parts: Sequence[_File], tail: bytes, progress: Callable[[int], None]) -> Iterator[bytes]:
    yield head
    for part in parts:
        yield part.head
        if part.path == STDIN:
            yield from _read(sys.stdin.buffer, None, progress)
        else:
            with part.path.open("rb") as file:
                yield from _read(file, part.size, progress)
        yield b"\r\n"
    yield tail


def _read(file: BinaryIO, size: int | None, progress: Callable[[int], None]) -> Iterator[bytes]:
    left = size
    while left is None or left > 0:
        data = file.read(_CHUNK if left is None else min(_CHUNK, left))
        if not data:
            if left:
                raise BadRequest(f"'{file.name}' became shorter while it was sent: send it again")
            return
        left = None if left is None else left - len(data)
        yield data
        progress(len(data))
