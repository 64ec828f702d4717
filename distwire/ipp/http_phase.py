"""The phases of a connection of the service side.

    IDLE ──► HEAD ──► SERVING ──► SENDING ──► DRAINING ──► IDLE

DRAINING is passed over where the whole body was read. From each of them a connection may come to LINGERING, in which
the last word is said and nothing that comes counts any more, and to CLOSED.
"""

from __future__ import annotations

import enum


class Phase(enum.Enum):
    """Where a connection stands."""

    IDLE = enum.auto()
    HEAD = enum.auto()
    SERVING = enum.auto()
    SENDING = enum.auto()
    DRAINING = enum.auto()
    LINGERING = enum.auto()
    CLOSED = enum.auto()
