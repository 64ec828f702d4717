"""The symbols that are looked for when they are half gone: those that say what a mark says, 14 or 26 digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import log2

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from mfp_client.marksheet.spoilt.codewords import (
    AZTEC_SMALL,
    DATA_MATRIX,
    Bits,
    join_words,
    make_generator,
    split_words,
)
from mfp_client.marksheet.spoilt.placement import Places, place_aztec, place_data_matrix

_OPTIONS = {zxingcpp.BarcodeFormat.DataMatrix: {"forceSquare": True}}
UNTOLD = 2
"""In place of a bit that depends on the text."""
_PAIRS, _PAD = 130, 129
"""Data Matrix: the word for 00, and that for "no more text" (ISO/IEC 16022 §5.2.3)."""
_TO_DIGITS, _ZERO = 0b11110, 2
"""Aztec: from capitals to digits, and the digit 0 (ISO/IEC 24778 §6)."""


@dataclass(frozen=True, eq=False)
class Kind:
    """One symbology in one size, for texts of so many digits.

    `told` are the data bits, those that every such text shares being 0 or 1, the others `UNTOLD`.
    """

    format: zxingcpp.BarcodeFormat
    digits: int
    side: int
    places: Places
    generator: Bits
    told: Bits
    read: Callable[[Bits], str | None]

    @cached_property
    def text_bits(self) -> float:
        """What a text says."""
        return self.digits * log2(10)

    @cached_property
    def pattern(self) -> NDArray[np.int8]:
        """The modules that are the same in every such symbol: 1 dark, -1 light; 0 for all others.

        Only those count that no bit of the code stands in.
        """
        modules = draw_symbol(self, "0" * self.digits)
        pattern = np.where(modules, 1, -1).astype(np.int8)
        pattern.ravel()[self.places] = 0
        return pattern


def has_form(text: str) -> bool:
    """Whether a text may be that of a mark, as one of these kinds says it."""
    return text.isdecimal() and len(text) in {kind.digits for kind in KINDS}


def draw_symbol(kind: Kind, text: str) -> NDArray[np.bool_]:
    """The modules of a symbol without its quiet zone; True is dark."""
    made = zxingcpp.create_barcode(text, kind.format, **_OPTIONS.get(kind.format, {}))
    modules = np.asarray(made.to_image()) == 0
    edge = (len(modules) - kind.side) // 2
    inner: NDArray[np.bool_] = modules[edge : edge + kind.side, edge : edge + kind.side]
    return inner


def _tell_matrix(digits: int, words: int) -> Bits:
    """Pairs of digits are 130 to 229: their highest bit is 1. What comes after the text is padding."""
    told = [1, *[UNTOLD] * 7] * (digits // 2)
    return np.array(told + split_words(_pad(digits // 2, words), 8), np.uint8)


def _pad(used: int, words: int) -> list[int]:
    """The pad words: 129, and then 129 moved on by a pseudo-random number for each place (ISO/IEC 16022 §5.2.3)."""
    moved = [_PAD + 149 * place % 253 + 1 for place in range(used + 2, words + 1)]
    return [_PAD, *(word - 254 if word > 254 else word for word in moved)][: words - used]


def _read_matrix(data: Bits) -> str | None:
    words = join_words(data, 8)
    used = words.index(_PAD) if _PAD in words else len(words)
    if words[used:] != _pad(used, len(words)):
        return None
    pairs = [word - _PAIRS for word in words[:used]]
    return "".join(f"{pair:02}" for pair in pairs) if all(0 <= pair < 100 for pair in pairs) else None


def _read_aztec(data: Bits) -> str | None:
    """Digits of four bits, after the change to digits; ones fill the last word."""
    bits = _take_out_stuffing(data, AZTEC_SMALL.bits)
    if bits is None or int(bits[:5], 2) != _TO_DIGITS:
        return None
    digits = [int(bits[place : place + 4], 2) - _ZERO for place in range(5, len(bits) - 3, 4)]
    used = next((place for place, digit in enumerate(digits) if not 0 <= digit < 10), len(digits))
    rest = bits[5 + 4 * used :]
    return "".join(map(str, digits[:used])) if "0" not in rest else None


def _take_out_stuffing(data: Bits, size: int) -> str | None:
    """No word is all 0 or all 1: the bit after five that are alike says nothing (ISO/IEC 24778 §7.2.1)."""
    bits = ""
    for start in range(0, len(data), size):
        word = "".join(map(str, data[start : start + size].tolist()))
        alike = len(set(word[:-1])) == 1
        if alike and word[-1] == word[0]:
            return None
        bits += word[:-1] if alike else word
    return bits


def _make_data_matrix(digits: int, side: int, data_words: int, check_words: int) -> Kind:
    return Kind(
        zxingcpp.BarcodeFormat.DataMatrix, digits, side, place_data_matrix(side),
        make_generator(DATA_MATRIX, data_words, check_words), _tell_matrix(digits, data_words), _read_matrix,
    )  # fmt: skip


OWN = _make_data_matrix(26, 18, 18, 14)
SHORT = _make_data_matrix(14, 14, 8, 10)
AZTEC = Kind(
    zxingcpp.BarcodeFormat.Aztec, 14, 15, place_aztec(), make_generator(AZTEC_SMALL, 11, 6),
    np.array([*split_words([_TO_DIGITS], 5), *[UNTOLD] * 61], np.uint8), _read_aztec,
)  # fmt: skip
KINDS = (OWN, SHORT, AZTEC)
