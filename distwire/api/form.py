"""multipart/form-data (RFC 7578) written as it is sent: files are never whole in memory."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

from distwire.api.failures import Unsendable

FILE_FIELD = "document"
_CHUNK = 256 << 10


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file of a form: `size` in bytes, None when it is not known beforehand; `open` hands it out, which is read to
    `size` and no further."""

    name: str
    size: int | None
    open: Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: `length` in bytes, None when it is not known beforehand."""

    chunks: Iterable[bytes]
    content_type: str
    length: int | None = None


def encode_form(
    fields: Iterable[tuple[str, str]], files: Sequence[FilePart], progress: Callable[[int], None] = lambda _: None
) -> Body:
    """Fields and files as one body. `progress` is called with the number of bytes of files that went out.

    Reading on raises `Unsendable` when a file is shorter than its size, or cannot be read.
    """
    boundary = secrets.token_hex(16)
    head = b"".join(_encode_field(boundary, name, value) for name, value in fields)
    parts = [(file, _encode_head(boundary, file.name)) for file in files]
    tail = f"--{boundary}--\r\n".encode()
    length: int | None = len(head) + len(tail)
    for file, before in parts:
        length = None if length is None or file.size is None else length + len(before) + file.size + 2
    return Body(_stream(head, parts, tail, progress), f"multipart/form-data; boundary={boundary}", length)


def _encode_field(boundary: str, name: str, value: str) -> bytes:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _encode_head(boundary: str, name: str) -> bytes:
    quoted = name.replace("\\", "_").replace('"', "%22").replace("\r", "_").replace("\n", "_")
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{FILE_FIELD}"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode("utf-8", "replace")


def _stream(
    head: bytes, parts: Sequence[tuple[FilePart, bytes]], tail: bytes, progress: Callable[[int], None]
) -> Iterator[bytes]:
    yield head
    for file, before in parts:
        yield before
        for data in _read(file):
            yield data
            progress(len(data))
        yield b"\r\n"
    yield tail


def _read(file: FilePart) -> Iterator[bytes]:
    left = file.size
    try:
        with file.open() as source:
            while data := source.read(_CHUNK if left is None else min(_CHUNK, left)):
                left = None if left is None else left - len(data)
                yield data
    except OSError as error:
        raise Unsendable(f"'{file.name}' cannot be read: {error.strerror}") from error
    if left:
        raise Unsendable(f"'{file.name}' became shorter while it was sent: send it again")
