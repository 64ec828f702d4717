"""Black and white lines to T.4 and T.6, by libtiff as Pillow brings it.

Pillow's own way to a bilevel TIFF spreads each bit over a byte and gathers it again, which takes four times as long as
the coding. libtiff asks only for the octets of a line, and so the packed bits are handed to it as the grey levels of a
picture that is an eighth as wide.
"""

from __future__ import annotations

import os
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from distwire.tiff.fax import MH, MMR, MR, FaxFacts

_CORE = {258: 1, 262: 0, 277: 1, 296: 2}
_SCHEME = {MH: {259: 3, 292: 0}, MR: {259: 3, 292: 1}, MMR: {259: 4, 293: 0}}
_SHORT = 3
_STRIP_OFFSETS, _STRIP_OCTETS = 273, 279
_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
_MOST_AT_ONCE = 1 << 20


def encode_lines(bits: NDArray[np.uint8], facts: FaxFacts) -> bytes:
    """The strip of a page for `FaxPage`: `bits` are its lines, eight dots to the octet, the leftmost highest, 1 is ink.

    Raises OSError when libtiff cannot.
    """
    tags: dict[int, int | float] = {
        **_CORE,
        **_SCHEME[facts.coding],
        256: facts.width,
        257: facts.lines,
        278: facts.lines,
    }
    tags |= {257: facts.lines, 278: facts.lines, 282: float(facts.dpi[0])}
    tags |= {283: float(facts.dpi[1])}  # from the latter libtiff has its k (T.4 §4.2.2)
    lines = np.ascontiguousarray(bits)
    image = Image.frombuffer("L", (lines.shape[1], lines.shape[0]), lines, "raw", "L", 0, 1)
    with os.fdopen(os.memfd_create("strip"), "rb") as file:
        _run_libtiff(image, sorted(tags.items()), os.dup(file.fileno()))
        file.seek(0)  # the two share their place in the file
        raw = file.read()
    return _take_strip(raw).translate(_REVERSED)


def _run_libtiff(image: Image.Image, tags: list[tuple[int, int | float]], descriptor: int) -> None:
    """Write a TIFF to `descriptor`, which libtiff closes."""
    encoder = Image._getencoder(image.mode, "libtiff", ("L", descriptor, "", tags, {}), ())
    try:
        encoder.setimage(image.im, (0, 0, *image.size))
        failed = 0
        while not failed:
            failed = encoder.encode(_MOST_AT_ONCE)[1]
        if failed < 0:
            raise OSError(f"libtiff could not code the page ({failed})")
    finally:
        encoder.cleanup()


def _take_strip(raw: bytes) -> bytes:
    order = "<" if raw[:2] == b"II" else ">"
    at = struct.unpack_from(order + "I", raw, 4)[0]
    count = struct.unpack_from(order + "H", raw, at)[0]
    places = {}
    for tag, kind, _, value in struct.iter_unpack(order + "HHI4s", raw[at + 2 : at + 2 + 12 * count]):
        places[tag] = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), value)[0]
    offset = places[_STRIP_OFFSETS]
    return raw[offset : offset + places[_STRIP_OCTETS]]
