"""What is answered to a mail: the codes of RFC 5321 §4.2 and RFC 3463, and words that say what to do."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.errors import (
    Conflict,
    DistserverError,
    DocumentRefused,
    Forbidden,
    LaterError,
    NoSpace,
    NotFound,
    QuotaExceeded,
    TooManyTries,
)
from distserver.intake.mail.heads import tidy

_LONGEST = 400
_CODES: tuple[tuple[type[DistserverError], str], ...] = (
    (TooManyTries, "450 4.7.1"),
    (NoSpace, "452 4.3.1"),
    (LaterError, "451 4.3.0"),
    (DocumentRefused, "554 5.6.1"),
    (QuotaExceeded, "552 5.2.2"),
    (Forbidden, "550 5.7.1"),
    (NotFound, "550 5.1.1"),
    (Conflict, "554 5.3.0"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is a reply and an enhanced status: `250 2.0.0`."""

    code: str
    words: str

    @property
    def taken(self) -> bool:
        return self.code.startswith("2")

    @property
    def line(self) -> str:
        """The reply. Other servers pass it on to people: it is in ASCII, as all of them take."""
        words = tidy(self.words).encode("ascii", "replace").decode("ascii")
        return f"{self.code} {words}"[:_LONGEST]


def taken(words: str) -> Verdict:
    return Verdict("250 2.0.0", words)


def refused(error: DistserverError) -> Verdict:
    """By the type of the error: what its sender can mend is refused for good, the rest may come again."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "550 5.6.0")
    return Verdict(code, str(error))
