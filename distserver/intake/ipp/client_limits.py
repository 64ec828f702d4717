"""How long a printing client is waited for, and how much it may send, from the settings."""

from __future__ import annotations

from distwire.ipp.http import HttpLimits

_ATTRIBUTES = 2 << 20
"""Octets of a request beside its document: more than its attributes may have."""


def make_client_limits(patience: float, most_octets: int) -> HttpLimits:
    """`patience` in seconds: for the next octets of a document, for room for an answer, between two requests. Less is
    enough for what small programs send by themselves: the first octet, a head, the handshake of TLS. `most_octets` is
    the size of the largest document."""
    usual = HttpLimits()
    return HttpLimits(
        head_seconds=patience / 3,
        first_byte=patience / 2,
        idle=patience,
        body=patience,
        body_size=max(usual.body_size, most_octets + _ATTRIBUTES),
        grace=patience / 2,
        send=patience,
        handshake=patience / 4,
    )
