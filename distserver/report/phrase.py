"""One thing said to people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """`says` is what is going on (no full stop, fits a row); `todo` one or two sentences on what to do, or empty."""

    says: str
    todo: str = ""

    @property
    def sentence(self) -> str:
        """Both, as running text."""
        return f"{self.says}. {self.todo}".strip() if self.todo else f"{self.says}."

    def __str__(self) -> str:
        return self.says
