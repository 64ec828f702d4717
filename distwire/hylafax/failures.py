"""Why something asked of a HylaFAX server did not come about.

HylaFaxError
├── HylaFaxUnreachable    no connection came about
├── HylaFaxLost           the connection broke or fell silent: what was asked last may have been done
└── HylaFaxRefused        the server says no: its code (RFC 959 §4.2) and its words
"""

from __future__ import annotations


class HylaFaxError(Exception):
    """Root of what this client raises."""


class HylaFaxUnreachable(HylaFaxError):
    """No connection came about: name, route, port or time."""


class HylaFaxLost(HylaFaxError):
    """The connection ended, or nothing came for too long, before the answer was here."""


class HylaFaxRefused(HylaFaxError):
    """The server answered 4xx or 5xx, or something else than was asked."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code

    @property
    def passing(self) -> bool:
        """The same may go through later (4xx, RFC 959 §4.2.1)."""
        return self.code < 500
