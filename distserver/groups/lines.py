"""Lines of a text file that people edit: cut as bytes, read one by one (SPEC D1). Pure."""

from __future__ import annotations

import re

from distserver.groups.encoding import TextEncoding

MAX_BYTES = 32 * 1024 * 1024
MAX_LINE_BYTES = 8192

_RAW_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class LineFault(ValueError):
    """The line cannot be read; the message says why."""


def cut_lines(data: bytes) -> list[bytes]:
    """The lines, each with its own line end."""
    return _RAW_LINE.findall(data)


def read_line(raw: bytes, encoding: TextEncoding) -> str:
    """The line's text, stripped. Raises `LineFault`."""
    if len(raw) > MAX_LINE_BYTES:
        raise LineFault(f"the line is longer than {MAX_LINE_BYTES} bytes")
    if b"\0" in raw:
        raise LineFault("the line contains NUL bytes: half written, or no text file")
    try:
        return raw.decode(encoding.codec).strip()
    except UnicodeDecodeError as error:
        words = f"the line cannot be read as {encoding.label}, in which the rest of the file is written"
        raise LineFault(words) from error
