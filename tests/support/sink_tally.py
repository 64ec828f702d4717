"""What came into the sink since it was last reset. Times are of the machine's monotonic clock, the same for every
process, so that a client can set them against its own."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from distwire.ipp import Operation


@dataclass(slots=True)
class Tally:
    """Counters; `printers` counts whole documents by the path of the printer, `seen` has the moment of the first
    request to each, `broken` counts documents whose connection ended before they did."""

    connections: int = 0
    open: int = 0
    most_open: int = 0
    requests: Counter[int] = field(default_factory=Counter)
    documents: int = 0
    octets: int = 0
    arrived: int = 0
    broken: int = 0
    digests: Counter[str] = field(default_factory=Counter)
    printers: Counter[bytes] = field(default_factory=Counter)
    seen: dict[bytes, float] = field(default_factory=dict)
    first_request_at: float | None = None
    last_document_at: float | None = None
    cpu_before: float = field(default_factory=time.process_time)
    waiting: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def reset(self) -> None:
        """Forget everything but the connections that are open."""
        fresh = Tally(open=self.open, most_open=self.open, waiting=self.waiting)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    def count_connection(self, change: int) -> None:
        """A connection began (1) or ended (-1)."""
        self.open += change
        self.connections += change > 0
        self.most_open = max(self.most_open, self.open)

    def count_request(self, printer: bytes, operation: int) -> None:
        """A request has said what it wants."""
        self.requests[operation] += 1
        if printer not in self.seen:
            self.seen[printer] = time.monotonic()
            if self.first_request_at is None:
                self.first_request_at = self.seen[printer]

    def count_document(self, printer: bytes, digest: str, octets: int) -> None:
        """A document is whole."""
        self.last_document_at = time.monotonic()
        self.documents += 1
        self.octets += octets
        self.digests[digest] += 1
        self.printers[printer] += 1
        if self.waiting:
            for least, tell in [each for each in self.waiting if each[0] <= self.documents]:
                self.waiting.remove((least, tell))
                tell()

    def report(self) -> dict[str, Any]:
        """All of it as JSON has it; of the digests at most a hundred."""
        return {
            "documents": self.documents,
            "printers": len(self.printers),
            "twice": sum(count > 1 for count in self.printers.values()),
            "digests": dict(self.digests.most_common(100)),
            "distinct_digests": len(self.digests),
            "bytes": self.octets,
            "arrived": self.arrived,
            "broken": self.broken,
            "connections": self.connections,
            "most_open": self.most_open,
            "requests": self.requests.total(),
            "operations": {_name(number): count for number, count in sorted(self.requests.items())},
            "first_request_at": self.first_request_at,
            "last_document_at": self.last_document_at,
            "cpu_s": time.process_time() - self.cpu_before,
        }


def _name(operation: int) -> str:
    try:
        return Operation(operation).name.replace("_", "-").title()
    except ValueError:
        return f"0x{operation:04x}"
