"""What is wrong with a group file, told by file, line and reason (SPEC D2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error hides a line or a file from use; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class LineError:
    """One problem. `line` counts from 1; 0 means the file as a whole (or, with an empty `file`, the directory)."""

    file: str
    line: int
    reason: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """False for a warning."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line) if self.line else "") if part)
        return f"{place}: {self.severity}: {self.reason}" if place else f"{self.severity}: {self.reason}"
