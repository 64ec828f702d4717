"""The parts of a message, one after the other, from a file that is never in memory as a whole (RFC 2045, RFC 2046).

Whatever a mail is made of, at most a few pieces of it are held at a time: the library's parser holds all of it, several
times over. Headers are left to the library. What goes beyond the bounds raises `BadRequest`.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from distserver.errors import BadRequest
from distserver.intake.mail.heads import Head, parse_head

_PIECE = 16 << 10
_MOST_HEAD = 64 << 10
_MOST_FIELD = 4 << 10
_MOST_PARTS = 200
_DEEPEST = 10
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_WITH_PARAMETERS = ("Content-Type", "Content-Disposition")
"""The library takes them apart in a time that grows with the square of their length."""
_PLAIN = ("", "7bit", "8bit", "binary")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no others. `within` are the kinds of the parts around it, the outermost first; `body` is what
    it holds, decoded, to be read before the next part."""

    head: Head
    within: tuple[str, ...]
    body: Iterator[bytes]

    @property
    def kind(self) -> str:
        return str(self.head.get_content_type())


class _Lines:
    """Pieces of lines. `edge` is the delimiter that the last reading stopped at: how deep, and whether it closes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._whole = True
        self.edge: tuple[int, bool] | None = None
        self.parts = 0

    def read(self, boundaries: tuple[bytes, ...]) -> bytes:
        """The next piece; empty at the end of the file, and at a delimiter, which is `edge` then."""
        piece = self._file.readline(_PIECE)
        starts, self._whole = self._whole, piece.endswith(b"\n")
        self.edge = _find_edge(piece, boundaries) if starts and piece.startswith(b"--") else None
        return b"" if self.edge is not None else piece

    def read_head(self, boundaries: tuple[bytes, ...]) -> Head:
        """Up to the empty line."""
        kept: list[bytes] = []
        size = 0
        while piece := self.read(boundaries):
            if piece in (b"\r\n", b"\n") and (not kept or kept[-1].endswith(b"\n")):
                break
            size += len(piece)
            if size > _MOST_HEAD:
                raise BadRequest(f"the mail has a header of more than {_MOST_HEAD >> 10} KB")
            kept.append(piece)
        head = parse_head(b"".join(kept))
        if any(len(str(head.get(name, ""))) > _MOST_FIELD for name in _WITH_PARAMETERS):
            raise BadRequest(f"the mail has a Content- field of more than {_MOST_FIELD >> 10} KB: send it anew")
        return head


def _find_edge(line: bytes, boundaries: tuple[bytes, ...]) -> tuple[int, bool] | None:
    text = line.rstrip(b" \t\r\n")[2:]
    for depth, boundary in reversed(list(enumerate(boundaries))):
        if text in (boundary, boundary + b"--"):
            return depth, text != boundary
    return None


def read_parts(file: BinaryIO) -> tuple[Head, Iterator[Part]]:
    """The message's own header, and its parts in their order."""
    lines = _Lines(file)
    head = lines.read_head(())
    return head, _read_entity(lines, head, (), ())


def _read_entity(lines: _Lines, head: Head, boundaries: tuple[bytes, ...], within: tuple[str, ...]) -> Iterator[Part]:
    """Parts of what has this header; afterwards `lines` stands at the delimiter behind it."""
    lines.parts += 1
    if lines.parts > _MOST_PARTS or len(within) > _DEEPEST:
        raise BadRequest(f"the mail has more than {_MOST_PARTS} parts, or they are nested too deeply")
    if head.get_content_maintype() == "multipart":
        yield from _read_children(lines, head, boundaries, within)
    elif lines.edge is None:
        raw = _read_body(lines, boundaries)
        yield Part(head, within, _decode(head, raw))
        for _ in raw:  # what nobody wanted, however it is encoded
            pass


def _read_children(lines: _Lines, head: Head, boundaries: tuple[bytes, ...], within: tuple[str, ...]) -> Iterator[Part]:
    own, mine = len(boundaries), (*boundaries, _read_boundary(head))
    kinds = (*within, str(head.get_content_type()))
    _skip(lines, mine)
    while lines.edge == (own, False):
        child = lines.read_head(mine)
        yield from _read_entity(lines, child, mine, kinds)
        if lines.edge is None:
            return  # the mail ends within
    if lines.edge == (own, True):
        _skip(lines, boundaries)


def _read_boundary(head: Head) -> bytes:
    try:
        boundary = (head.get_boundary() or "").encode("utf-8", "surrogateescape")
    except (ValueError, LookupError):  # in a character set that nobody knows, or with letters that are none
        boundary = b""
    if not 0 < len(boundary) <= 70:
        raise BadRequest("the mail is damaged: its parts have no boundary; send it anew")
    return boundary


def _skip(lines: _Lines, boundaries: tuple[bytes, ...]) -> None:
    while lines.read(boundaries):
        pass


def _read_body(lines: _Lines, boundaries: tuple[bytes, ...]) -> Iterator[bytes]:
    """As it stands; the line end before a delimiter belongs to that."""
    held = b""
    while piece := lines.read(boundaries):
        bare = piece.rstrip(b"\r\n") if piece.endswith(b"\n") else piece
        yield held + bare
        held = piece[len(bare) :]
    if lines.edge is None:
        yield held


def _decode(head: Head, raw: Iterator[bytes]) -> Iterator[bytes]:
    coding = str(head.get("Content-Transfer-Encoding", "")).strip().lower()
    if coding == "base64":
        return _decode_base64(raw)
    if coding == "quoted-printable":
        return _decode_quoted(raw)
    if coding in _PLAIN:
        return raw
    return _refuse(raw, coding)


def _refuse(raw: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """Only a part that somebody wants to read is refused for it."""
    del raw
    raise BadRequest(f"a part of the mail is encoded as '{coding[:40]}': send it as base64")
    yield b""


def _decode_base64(raw: Iterator[bytes]) -> Iterator[bytes]:
    kept, padded = b"", False
    for piece in raw:
        if padded:
            continue  # padding ends it, whatever stands behind
        kept, sign, _ = (kept + piece.translate(None, _NOT_BASE64)).partition(b"=")
        padded = bool(sign)
        whole = len(kept) // 4 * 4
        if whole:
            yield binascii.a2b_base64(kept[:whole])
            kept = kept[whole:]
    try:
        yield binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    except binascii.Error as error:
        raise BadRequest("a file in the mail is damaged on its way: send it anew") from error


def _decode_quoted(raw: Iterator[bytes]) -> Iterator[bytes]:
    kept = b""
    for piece in raw:
        kept += piece
        end = kept.rfind(b"\n") + 1
        if end:
            yield binascii.a2b_qp(kept[:end])
            kept = kept[end:]
        if len(kept) > _MOST_HEAD:
            raise BadRequest("a line of the mail is too long for its encoding: send it as base64")
    yield binascii.a2b_qp(kept)
