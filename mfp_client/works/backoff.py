"""How long to wait before the server is tried again: longer each time, and not all devices at the same instant."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST_SECONDS, MOST_SECONDS = 1.0, 60.0


@dataclass
class Backoff:
    """Grows with each failure."""

    failures: int = 0

    def fail(self) -> float:
        """It failed once more: seconds to wait."""
        self.failures += 1
        longest = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(self.failures - 1, 16))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    def succeed(self) -> None:
        """It went well."""
        self.failures = 0
