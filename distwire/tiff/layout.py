"""The directory of one page (IFD, TIFF 6.0 §2) ⇄ its facts; little-endian, as all that we write."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from fractions import Fraction

from distwire.tiff.page import PageFacts, Tone

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_CODES = {_SHORT: "H", _LONG: "I", _RATIONAL: "II"}
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSET, SAMPLES, ROWS, STRIP_OCTETS = 273, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION = 282, 283
_SUBFILE, _FILL_ORDER, _T6_OPTIONS, _UNIT, _PAGE_NUMBER, _SUBSAMPLING = 254, 266, 293, 296, 297, 530
GROUP4, JPEG = 4, 7
PHOTOMETRICS = {Tone.BILEVEL: 0, Tone.GREY: 1, Tone.COLOUR: 6}
_MOST_NUMBER = 0xFFFF

Field = tuple[int, int, tuple[int, ...]]


def pack_directory(facts: PageFacts, number: int, strip: tuple[int, int], at: int) -> bytes:
    """The directory of page `number` (from 0) for offset `at`, with what does not fit into its fields behind it.

    The last four octets of the directory proper, the offset of the next one, are 0: see `next_slot`.
    """
    fields = sorted(_fields(facts, number, strip))
    behind = at + 2 + 12 * len(fields) + 4
    head, values = [struct.pack("<H", len(fields))], b""
    for tag, kind, numbers in fields:
        packed = struct.pack("<" + _CODES[kind][0] * len(numbers), *numbers)
        count = len(numbers) // len(_CODES[kind])
        if len(packed) > 4:
            value, values = struct.pack("<I", behind + len(values)), values + packed
        else:
            value = packed.ljust(4, b"\0")
        head.append(struct.pack("<HHI", tag, kind, count) + value)
    return b"".join([*head, bytes(4), values])


def next_slot(at: int, fields: int) -> int:
    """Where the directory at `at` has the offset of the next one."""
    return at + 2 + 12 * fields


def read_facts(tags: Mapping[int, tuple[int, ...]]) -> PageFacts:
    """The facts of a page that `pack_directory` has described. Raises KeyError, ValueError, ZeroDivisionError."""
    tone = next(tone for tone, value in PHOTOMETRICS.items() if (value,) == tags[PHOTOMETRIC])
    (x, across), (y, down) = tags[X_RESOLUTION], tags[Y_RESOLUTION]
    return PageFacts(tags[WIDTH][0], tags[HEIGHT][0], (x / across, y / down), tone)


def unpack_numbers(kind: int, count: int, raw: bytes) -> tuple[int, ...]:
    """The numbers of a field, those of RATIONAL two by two."""
    return struct.unpack("<" + _CODES[kind][0] * (count * len(_CODES[kind])), raw)


def octets_of(kind: int, count: int) -> int:
    """How long a field is. Raises KeyError for types that we do not write."""
    return struct.calcsize("<" + _CODES[kind]) * count


def _fields(facts: PageFacts, number: int, strip: tuple[int, int]) -> Iterator[Field]:
    bilevel, colour = facts.tone is Tone.BILEVEL, facts.tone is Tone.COLOUR
    samples = 3 if colour else 1
    yield _SUBFILE, _LONG, (2,)  # one page of several
    yield WIDTH, _LONG, (facts.width,)
    yield HEIGHT, _LONG, (facts.height,)
    yield BITS, _SHORT, (1 if bilevel else 8,) * samples
    yield COMPRESSION, _SHORT, (GROUP4 if bilevel else JPEG,)
    yield PHOTOMETRIC, _SHORT, (PHOTOMETRICS[facts.tone],)
    yield STRIP_OFFSET, _LONG, (strip[0],)
    yield SAMPLES, _SHORT, (samples,)
    yield ROWS, _LONG, (facts.height,)
    yield STRIP_OCTETS, _LONG, (strip[1],)
    yield X_RESOLUTION, _RATIONAL, _ratio(facts.dpi[0])
    yield Y_RESOLUTION, _RATIONAL, _ratio(facts.dpi[1])
    yield _UNIT, _SHORT, (2,)  # inch
    yield _PAGE_NUMBER, _SHORT, (min(number, _MOST_NUMBER), 0)
    if bilevel:
        yield _FILL_ORDER, _SHORT, (1,)
        yield _T6_OPTIONS, _LONG, (0,)
    if colour:
        yield _SUBSAMPLING, _SHORT, (2, 2)


def _ratio(dpi: float) -> tuple[int, int]:
    return Fraction(dpi).limit_denominator(1000).as_integer_ratio()
