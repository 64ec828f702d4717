"""What a check came to, in the form that `distserver check` prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a check came to. A note hinders nothing."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and the mend when it is not well."""

    subject: str
    verdict: Verdict
    message: str
    mend: str = ""
