"""What the fuzzer looks for, and what it counts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from distwire.ipp.enums import Operation, Status, status_keyword

_ASKED_FOR = (
    Status.OPERATION_NOT_SUPPORTED,
    Status.VERSION_NOT_SUPPORTED,
    Status.JOB_CANCELED,
    Status.NOT_ACCEPTING_JOBS,  # the scripts close printers
    Status.TOO_MANY_JOBS,
    Status.TOO_MANY_DOCUMENTS,
)
"""Server errors that the standards ask for, whatever else is (RFC 8011 §B.1.5; PWG 5100.7 for the last)."""
_HTTP_ASKED_FOR = (501, 505)
"""An unknown transfer coding, and another version of HTTP (RFC 9112 §6.1, RFC 9110 §15.6.6)."""
_BUSY_WORDS = "too many wrong tries"
"""The one thing in a fuzzed house that is for later: it keeps those from guessing who do."""


def is_fault(status: int, words: str | None) -> bool:
    """Whether an IPP status says that something is wrong with the server."""
    if status < 0x0500 or status in _ASKED_FOR:
        return False
    return not (status == Status.TEMPORARY_ERROR and _BUSY_WORDS in (words or ""))


def is_http_fault(status: int) -> bool:
    """Whether an HTTP status does."""
    return status >= 500 and status not in _HTTP_ASKED_FOR


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is one word; `where` tells this fault from others of its kind; `script` is what provoked it."""

    kind: str
    where: str
    details: str
    script: bytes

    @property
    def key(self) -> str:
        return f"{self.kind}: {self.where}"


_SUMS = ("scripts", "requests", "replayed", "seconds", "clearings")


@dataclass
class Tally:
    """`requests` that were changed, and those `replayed` as they were. `answers` counts by operation and status,
    `https` by status of HTTP. `findings` have their words by key; `growth` is what the process held meanwhile."""

    scripts: int = 0
    requests: int = 0
    replayed: int = 0
    seconds: float = 0.0
    clearings: int = 0
    answers: Counter[tuple[int, int]] = field(default_factory=Counter)
    https: Counter[int] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)
    growth: list[dict[str, float]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count in another."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.answers += other.answers
        self.https += other.https
        self.findings |= other.findings
        self.growth += other.growth

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            **{name: getattr(self, name) for name in _SUMS},
            "answers": [[*pair, count] for pair, count in sorted(self.answers.items())],
            "https": sorted(self.https.items()),
            "findings": self.findings,
            "growth": self.growth,
        }

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Tally:
        """The reverse."""
        answers = Counter({(operation, status): count for operation, status, count in table["answers"]})
        return cls(**{**table, "answers": answers, "https": Counter(dict(table["https"]))})

    def dump(self) -> str:
        return json.dumps(self.to_json())

    def describe(self) -> str:
        """Operations × statuses, as a table for a person."""
        rows: dict[str, Counter[str]] = {}
        offered = {operation for operation, status in self.answers if status < Status.BAD_REQUEST}
        for (operation, status), count in self.answers.items():
            name = _name(operation) if operation in offered else "(others, never done)"
            rows.setdefault(name, Counter())[status_keyword(status)] += count
        lines = [f"{'operation':<30}{'answers':>9}  by status"]
        for name, counts in sorted(rows.items(), key=lambda row: -row[1].total()):
            said = ", ".join(f"{status.removeprefix('client-error-')} {n}" for status, n in counts.most_common())
            lines.append(f"{name:<30}{counts.total():>9}  {said}")
        lines.append(f"{'HTTP':<30}{self.https.total():>9}  " + ", ".join(f"{s} {n}" for s, n in self.https.items()))
        return "\n".join(lines)


def _name(operation: int) -> str:
    return "-".join(word.capitalize() for word in Operation(operation).name.split("_"))
