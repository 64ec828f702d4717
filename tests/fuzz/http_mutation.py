"""Changes a stream of HTTP in a place that has a meaning: request line, headers, framing, the body."""

from __future__ import annotations

import random

from tests.fuzz import dictionary as d
from tests.fuzz.ipp_mutation import Scramble, change_body

_END = b"\r\n\r\n"


def change_stream(data: bytes, chance: random.Random, by: Scramble) -> bytes:
    """Only its first request is taken apart."""
    head, end, body = data.partition(_END)
    if not end:
        return by(data, chance)
    lines = head.split(b"\r\n")
    match chance.randrange(8):
        case 0:
            lines[0] = _change_line(lines[0], chance)
        case 1:
            lines.insert(chance.randint(1, len(lines)), chance.choice(d.HEADERS))
        case 2 if len(lines) > 1:
            at = chance.randrange(1, len(lines))
            lines[at] = chance.choice((lines[at].swapcase(), by(lines[at], chance), lines[at] + b" ", lines[at] * 2))
        case 3 if len(lines) > 1:
            del lines[chance.randrange(1, len(lines))]
        case 4:
            body = _change_framing(lines, body, chance)
        case _:
            body = _unwrap(lines, body)
            body = change_body(body, chance, by)
            if chance.random() < 0.9:
                body = _wrap(lines, body, chance)
    return b"\r\n".join(lines) + _END + body


def _change_line(line: bytes, chance: random.Random) -> bytes:
    words = line.split(b" ")
    choices = (d.METHODS, d.PATHS, d.VERSIONS)
    at = chance.randrange(3)
    if at < len(words):
        words[at] = chance.choice(choices[at])
    return b" ".join(words)


def _change_framing(lines: list[bytes], body: bytes, chance: random.Random) -> bytes:
    match chance.randrange(4):
        case 0:
            at = chance.randint(0, len(body))
            return body[:at] + chance.choice(d.CHUNK_LINES) + body[at:]
        case 1:
            return body[: chance.randint(0, len(body))]
        case 2:
            return _wrap(lines, body, chance)
        case _:
            return _wrap(lines, _unwrap(lines, body), chance)


def _unwrap(lines: list[bytes], body: bytes) -> bytes:
    """The content of good chunks; the body as it is when there are none."""
    if not any(line.lower().startswith(b"transfer-encoding: chunked") for line in lines):
        return body
    content, rest = b"", body
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            return body
        if not 0 < length <= len(rest):
            break
        content, rest = content + rest[:length], rest[length + 2 :]
    return content


def _wrap(lines: list[bytes], body: bytes, chance: random.Random) -> bytes:
    """Frame it rightly: by its length, or in chunks."""
    lines[:] = [line for line in lines if not line.lower().startswith((b"content-length:", b"transfer-encoding:"))] or [
        b""
    ]
    if chance.random() < 0.6:
        lines.append(b"Content-Length: %d" % len(body))
        return body
    lines.append(b"Transfer-Encoding: chunked")
    most = chance.choice((1, 9, 100, 1000))
    most = max(most, len(body) // 200)
    pieces = (body[at : at + most] for at in range(0, len(body), most))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
