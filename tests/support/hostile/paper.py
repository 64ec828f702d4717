"""What came out of the printers, and what came in: the count that no fault touches."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document that came out (or, in `Paper.received`, came in).

    `name` is what the sender calls the delivery: the end of job-name, `TITLE · NAME`. `digest` is the SHA-256 (hex) of
    the octets that were there; `whole` says that it was all of them. `at` is the time of day in seconds.
    """

    printer: str
    title: str
    name: str
    digest: str
    octets: int
    whole: bool
    at: float = field(default_factory=time.time)

    @property
    def delivery(self) -> str:
        """The name without the number of its renewal: `J-3.1` is another try of `J-3`."""
        return self.name.partition(".")[0]


def split_job_name(job_name: str) -> tuple[str, str]:
    """Title and delivery name."""
    title, _, name = job_name.rpartition(" · ")
    return title, name


@dataclass
class Paper:
    """All printers' output and input in order."""

    printed: list[Sheet] = field(default_factory=list)
    received: list[Sheet] = field(default_factory=list)

    def clear(self) -> None:
        """Forget all."""
        self.printed.clear()
        self.received.clear()

    def to_json(self) -> dict[str, Any]:
        """Both lists."""
        return {
            "printed": [asdict(sheet) for sheet in self.printed],
            "received": [asdict(sheet) for sheet in self.received],
        }

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Paper:
        """The reverse."""
        return cls([Sheet(**one) for one in table["printed"]], [Sheet(**one) for one in table["received"]])
