"""When a delivery that did not succeed is tried again: by the kind of its outcome, as an operator would (SPEC N4).

The wait belongs to the destination, not to the delivery: who finds a destination in trouble waits like those before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from distserver.model.states import OutcomeKind


@dataclass(frozen=True, slots=True)
class Rule:
    """Seconds: the first wait, by which factor it grows, and its cap. `tries` is None when only time ends it.

    `everybody`: the destination is in trouble, not this one delivery, so that the others wait as well.
    """

    first: float
    growth: float
    cap: float
    tries: int | None
    everybody: bool = True


RULES = {
    OutcomeKind.BUSY: Rule(first=2.0, growth=1.5, cap=60.0, tries=None),
    OutcomeKind.UNREACHABLE: Rule(first=10.0, growth=2.0, cap=900.0, tries=None),
    OutcomeKind.REFUSED: Rule(first=60.0, growth=2.0, cap=1800.0, tries=4, everybody=False),
    OutcomeKind.PROTOCOL: Rule(first=30.0, growth=2.0, cap=900.0, tries=6),
    OutcomeKind.OURS: Rule(first=1.0, growth=2.0, cap=120.0, tries=10, everybody=False),
    # Telephone: never sooner than a minute, for authorities limit how often a machine may dial the same number again.
    OutcomeKind.LINE_BUSY: Rule(first=90.0, growth=1.3, cap=600.0, tries=12),
    OutcomeKind.NO_ANSWER: Rule(first=300.0, growth=1.5, cap=1800.0, tries=6),
    OutcomeKind.NO_CARRIER: Rule(first=600.0, growth=2.0, cap=3600.0, tries=3),
    OutcomeKind.NO_DIAL_TONE: Rule(first=60.0, growth=2.0, cap=900.0, tries=None, everybody=False),
    OutcomeKind.TRAINING_FAILED: Rule(first=60.0, growth=2.0, cap=900.0, tries=5),
    OutcomeKind.LINE_BROKE: Rule(first=60.0, growth=1.5, cap=600.0, tries=20),
}


@dataclass(frozen=True, slots=True)
class Persistence:
    """What is asked of tries that did not succeed (PWG 5100.15 `number-of-retries`, `retry-interval`): how many more at
    most, and the seconds between them; None is as the rules have it."""

    retries: int | None = None
    interval: float | None = None


LEAST_INTERVAL, MOST_INTERVAL = 10, 900
"""Seconds between tries that may be asked for: the wait is the destination's, and others wait along."""


def read_persistence(options: Sequence[tuple[str, str]]) -> Persistence:
    """From the options of a delivery; values that make no sense are passed over."""
    said = dict(options)
    retries, interval = (_read_number(said.get(key, "")) for key in ("number-of-retries", "retry-interval"))
    return Persistence(retries, None if interval is None else min(max(interval, LEAST_INTERVAL), MOST_INTERVAL))


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def next_wait(
    kind: OutcomeKind,
    tries: Mapping[OutcomeKind, int],
    strikes: int,
    chance: float,
    asked: Persistence = Persistence(),
) -> float | None:
    """Seconds until the next try after one that ended as `kind`, or None to give up.

    `tries` counts the delivery's earlier ends by kind, `strikes` the failures of its destination in a row before this
    one. `chance` in [0, 1) spreads the tries of many deliveries by a quarter to either side.
    """
    rule = RULES[kind]
    own = tries.get(kind, 0)
    if rule.tries is not None and own + 1 >= rule.tries:
        return None
    if asked.retries is not None and sum(tries.values()) >= asked.retries:
        return None
    step = max(own, strikes) if rule.everybody else own
    wait = asked.interval or min(rule.cap, rule.first * rule.growth ** min(step, 40))
    return wait * (0.75 + 0.5 * chance)
