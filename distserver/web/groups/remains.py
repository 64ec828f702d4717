"""What is left at the members of a group, and what is wrong there, for its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from distserver.engine.conditions import SEVERE, Condition
from distserver.model.supplies import LOW_PERCENT, Alert
from distserver.report.words import describe_device, describe_reason


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is wrong, in words; `tone` is its colour."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Level:
    """A bar: `percent` is what is left, None where the device does not know."""

    name: str
    percent: int | None

    @property
    def tone(self) -> str:
        return "attention" if self.percent is not None and self.percent <= LOW_PERCENT else "done"


@dataclass(frozen=True, slots=True)
class Remains:
    """One member: what it said at the time `at`, None where it has said nothing of itself yet."""

    name: str
    at: float | None
    notes: tuple[Note, ...]
    levels: tuple[Level, ...]

    @property
    def wanting(self) -> bool:
        """Somebody should go there."""
        return bool(self.notes) or any(level.tone == "attention" for level in self.levels)


def list_remains(conditions: Iterable[Condition]) -> list[Remains]:
    """Of members of which there is something to tell; those where somebody should go come first."""
    told = (_read(one) for one in conditions)
    return sorted((one for one in told if one.notes or one.levels), key=lambda one: not one.wanting)


def _read(condition: Condition) -> Remains:
    notes = dict.fromkeys(_note(alert) for alert in condition.alerts)
    at = None if condition.said is None else condition.at
    return Remains(condition.destination.name, at, tuple(notes), tuple(_list_levels(condition)))


def _note(alert: Alert) -> Note:
    tone = "failed" if alert.severity == SEVERE else "attention"
    phrases = describe_device([alert.code])
    known = phrases[0].says if phrases else describe_reason(alert.code).says
    return Note(alert.words or known, tone)


def _list_levels(condition: Condition) -> Iterator[Level]:
    if condition.said is None:
        return
    for supply in condition.said.supplies:
        yield Level(supply.name, supply.percent)
    for tray in condition.said.trays:
        if tray.percent is not None:  # most devices know only whether there is paper at all
            yield Level(f"Tray {tray.name}", tray.percent)
