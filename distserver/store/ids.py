"""Ids of jobs: 16 characters that sort by time and can be read over the telephone."""

from __future__ import annotations

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def job_id(now: float, randomness: int) -> str:
    """Id for the time `now` (seconds) and 30 random bits."""
    number = (int(now * 1000) << 30) | (randomness & 0x3FFFFFFF)
    digits = []
    for _ in range(16):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
