"""What the fuzzer changes: a few requests one after the other, as octets of which any string is one.

    KIND WHO LENGTH(2) DATA …

KIND has, from the lowest bit on: one that says that DATA is a stream of HTTP, else the body of one IPP request; two for
how it is cut into pieces; one that says that the client goes away behind it without waiting. WHO chooses who asks.
In DATA `00000000@N` and the four octets 7F 00 00 0N stand for the number of the N-th job that was made before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_STEPS = 12
MOST_OCTETS = 0xFFFF
HTTP, BREAKS_OFF = 1, 8
CUTS = (1 << 20, 1, 7, 300)
"""Most octets of a piece."""
_MOST_PIECES = 40

JOB_URI = b"00000000@%d"
JOB_ID = b"\x7f\x00\x00"
_WRITTEN = re.compile(rb"00000000@(\d)")
_BINARY = re.compile(rb"\x7f\x00\x00([\x00-\x09])")


@dataclass(frozen=True, slots=True)
class Step:
    """One of the requests (or, as a stream of HTTP, several on one connection)."""

    kind: int
    who: int
    data: bytes

    @property
    def is_http(self) -> bool:
        return bool(self.kind & HTTP)

    @property
    def breaks_off(self) -> bool:
        return bool(self.kind & BREAKS_OFF)

    def pieces(self, data: bytes) -> list[bytes]:
        """The data as they are sent: the last piece has the rest, and may be empty."""
        most = CUTS[self.kind >> 1 & 3]
        stop = most * _MOST_PIECES
        return [*(data[at : at + most] for at in range(0, min(len(data), stop), most)), data[stop:]]


def read_script(raw: bytes) -> tuple[Step, ...]:
    """Whatever the octets are; what is too short ends there, what is too much is left out."""
    steps: list[Step] = []
    at = 0
    while at + 4 <= len(raw) and len(steps) < MOST_STEPS:
        length = int.from_bytes(raw[at + 2 : at + 4])
        steps.append(Step(raw[at], raw[at + 1], raw[at + 4 : at + 4 + length]))
        at += 4 + length
    return tuple(steps)


def write_script(steps: Iterable[Step]) -> bytes:
    """The reverse of `read_script`."""
    cut = ((step.kind, step.who, step.data[:MOST_OCTETS]) for step in steps)
    return b"".join(bytes((kind & 0xFF, who & 0xFF)) + len(data).to_bytes(2) + data for kind, who, data in cut)


def fill_in(data: bytes, jobs: Sequence[int]) -> bytes:
    """Put the numbers of these jobs where the data stand for them: length and all else stay as they are."""
    data = _WRITTEN.sub(lambda found: b"%010d" % _number(int(found[1]), jobs), data)
    return _BINARY.sub(lambda found: _number(found[1][0], jobs).to_bytes(4), data)


def _number(nth: int, jobs: Sequence[int]) -> int:
    return jobs[nth] if nth < len(jobs) else 999_999
