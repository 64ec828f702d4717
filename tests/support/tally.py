"""The running totals of a kill campaign on one database: kept in a file, gone on from in the next piece."""

from __future__ import annotations

import json
import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

_WRONG = ("lost", "twice", "open", "untrue")


@dataclass
class Tally:
    """`ends` counts the copies by verdict, `wrong` has the words of those that are not right. `gaps` are by victim the
    seconds from a kill until a printer got its next document; `undisturbed` those in which nobody else was killed.
    `asked` is how often a device was asked before anything was sent again."""

    kills: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    copies: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    gaps: dict[str, list[float]] = field(default_factory=dict)
    undisturbed: dict[str, list[float]] = field(default_factory=dict)
    asked: int = 0
    killing_seconds: float = 0.0
    seconds: float = 0.0
    pieces: int = 0

    @property
    def spotless(self) -> bool:
        """Nothing is lost, printed twice without leave, left open or told untruly."""
        return not self.wrong and not any(self.ends[kind] for kind in _WRONG)

    def add(self, piece: Tally) -> None:
        """Count a further piece in."""
        self.kills += piece.kills
        self.ends += piece.ends
        self.wrong += piece.wrong
        for mine, its in ((self.gaps, piece.gaps), (self.undisturbed, piece.undisturbed)):
            for victim, seconds in its.items():
                mine.setdefault(victim, []).extend(seconds)
        for name in ("jobs", "copies", "asked", "killing_seconds", "seconds", "pieces"):
            setattr(self, name, getattr(self, name) + getattr(piece, name))

    def measure_gaps(self, kills: Sequence[tuple[float, str]], arrivals: Sequence[float]) -> None:
        """From the times of kills and of documents that came to a printer, both in order. Only processes without which
        nothing goes on count."""
        whole = [(at, victim) for at, victim in kills if victim in ("serve", "web", "worker")]
        for number, (at, victim) in enumerate(whole):
            after = bisect_right(arrivals, at)
            if after == len(arrivals):
                continue
            gap = arrivals[after] - at
            self.gaps.setdefault(victim, []).append(round(gap, 3))
            if number + 1 == len(whole) or whole[number + 1][0] > arrivals[after]:
                self.undisturbed.setdefault(victim, []).append(round(gap, 3))

    def describe(self) -> str:
        """A few lines for a person."""
        ends = ", ".join(f"{kind} {count}" for kind, count in sorted(self.ends.items()))
        rate = self.kills.total() / self.killing_seconds * 60 if self.killing_seconds else 0.0
        lines = [
            f"{self.kills.total()} kills ({', '.join(f'{k} {n}' for k, n in sorted(self.kills.items()))})"
            f", {rate:.0f} a minute, in {self.pieces} pieces",
            f"{self.jobs} jobs, {self.copies} copies: {ends}; devices asked {self.asked} times",
        ]
        for words, gaps in (("on again after", self.gaps), ("undisturbed", self.undisturbed)):
            shown = (
                f"{victim} {statistics.median(found):.1f} s, at most {max(found):.1f} s ({len(found)})"
                for victim, found in sorted(gaps.items())
            )
            lines.append(f"{words} (median): {'; '.join(shown)}")
        return "\n".join([*lines, *self.wrong])

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            **asdict(replace(self, kills=Counter(), ends=Counter())),
            "kills": dict(self.kills),
            "ends": dict(self.ends),
        }

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Tally:
        """The reverse."""
        return cls(**{**table, "kills": Counter(table["kills"]), "ends": Counter(table["ends"])})


def read_tallies(path: Path | None) -> dict[str, Tally]:
    """By kind of database; empty when there is no such file yet."""
    if path is None or not path.exists():
        return {}
    return {kind: Tally.from_json(table) for kind, table in json.loads(path.read_text("utf-8")).items()}


def write_tallies(path: Path | None, tallies: dict[str, Tally]) -> None:
    """As a whole or not at all."""
    if path is not None:
        part = path.with_suffix(".part")
        part.write_text(json.dumps({kind: one.to_json() for kind, one in tallies.items()}), "utf-8")
        part.replace(path)
