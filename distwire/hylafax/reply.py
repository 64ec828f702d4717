"""Replies of the server (RFC 959 §4.2): three digits, and a dash where more lines follow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from distwire.hylafax.failures import HylaFaxLost

_MOST_LINES = 10_000
_MOST_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """`code` and the words, the lines joined by line ends."""

    code: int
    words: str


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    """The next whole reply. Raises `HylaFaxLost`."""
    code, lines, room = "", list[str](), _MOST_CHARACTERS
    for _ in range(_MOST_LINES):
        line = await _read_line(reader)
        start = line[:3]
        if not code:
            if not (start.isascii() and start.isdigit() and len(start) == 3):
                raise HylaFaxLost(f"this is no HylaFAX server: it says '{line[:60]}'")
            code = start
        ours = start == code and line[3:4] in ("", " ", "-")
        lines.append(line[4:] if ours else line)
        room -= len(line)
        if room < 0:
            break
        if ours and line[3:4] != "-":
            return Reply(int(code), "\n".join(lines).strip())
    raise HylaFaxLost("the server's reply does not end")


async def _read_line(reader: asyncio.StreamReader) -> str:
    try:
        line = await reader.readline()
    except (OSError, ValueError) as error:  # ValueError: a line longer than the reader's limit
        raise HylaFaxLost(f"the connection to the server broke: {error}") from error
    if not line.endswith(b"\n"):
        raise HylaFaxLost("the server closed the connection")
    return read_line(line)


def read_line(line: bytes) -> str:
    """Without its end. Control characters become spaces, except tabs: far ends choose the names that are told, and what
    is told goes to people's terminals and into databases."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    return text if text.isprintable() else "".join(one if one.isprintable() or one == "\t" else " " for one in text)
