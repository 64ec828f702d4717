"""Groups that operators have stopped: paused ones take jobs and hold them, closed ones take none (RFC 8011 §4.2.7,
RFC 3998 §3.1). Times are seconds since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StopAction(StrEnum):
    """What an operator does with a group; the words of IPP's operations."""

    PAUSE = "pause"
    RESUME = "resume"
    ENABLE = "enable"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class Stop:
    """How a group stands, by its file: since when it is `paused` and `disabled` (None: it is not), who said so last,
    and when."""

    file: str
    paused: float | None = None
    disabled: float | None = None
    by: str = ""
    changed: float = 0.0

    @property
    def accepting(self) -> bool:
        return self.disabled is None
