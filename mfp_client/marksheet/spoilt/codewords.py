"""Reed-Solomon codes over GF(2^m), written as codes of bits.

A word of eight bits that has lost three still knows five. So a code is taken here for what it is over single bits: a
linear one, each bit of its check words a sum of some bits of its data words.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
"""0 or 1 each."""


@dataclass(frozen=True, slots=True)
class Field:
    """GF(2^bits), by its primitive polynomial; 2 generates it."""

    bits: int
    polynomial: int

    def multiply(self, a: int, b: int) -> int:
        """Product of two elements."""
        product = 0
        while b:
            product ^= a if b & 1 else 0
            b >>= 1
            a <<= 1
            a ^= self.polynomial if a >> self.bits else 0
        return product


DATA_MATRIX = Field(8, 0x12D)
"""ISO/IEC 16022 §5.7."""
AZTEC_SMALL = Field(6, 0x43)
"""ISO/IEC 24778 §7.2.3: symbols of one or two layers."""


@functools.cache
def make_generator(field: Field, data_words: int, check_words: int) -> Bits:
    """The code's generator matrix: a row for each data bit, a column for each bit of the symbol, data first.

    The roots of the generator polynomial are 2, 2², …: both symbologies begin at the first power.
    """
    divisor = _make_divisor(field, check_words)
    rows = []
    for place in range(data_words * field.bits):
        words = [0] * data_words
        words[place // field.bits] = 1 << (field.bits - 1 - place % field.bits)
        rows.append(split_words(words + _divide(field, words, divisor), field.bits))
    return np.array(rows, np.uint8)


def split_words(words: list[int], bits: int) -> list[int]:
    """The bits of words, the highest of each first."""
    return [word >> (bits - 1 - place) & 1 for word in words for place in range(bits)]


def join_words(bits: Bits, size: int) -> list[int]:
    """The words that bits make, `size` to a word."""
    weights = 1 << np.arange(size - 1, -1, -1)
    words: list[int] = (bits.reshape(-1, size) @ weights).tolist()
    return words


def _make_divisor(field: Field, check_words: int) -> list[int]:
    """The factors of the generator polynomial, highest power first, without the leading one."""
    factors = [1]
    root = 1
    for _ in range(check_words):
        root = field.multiply(root, 2)
        longer = [*factors, 0]
        for place, factor in enumerate(factors, 1):
            longer[place] ^= field.multiply(factor, root)
        factors = longer
    return factors[1:]


def _divide(field: Field, words: list[int], divisor: list[int]) -> list[int]:
    """The remainder of the words, with room for the check words behind them: these check words."""
    rest = [0] * len(divisor)
    for word in words:
        lead = word ^ rest[0]
        rest = [*rest[1:], 0]
        for place, factor in enumerate(divisor):
            rest[place] ^= field.multiply(lead, factor)
    return rest
