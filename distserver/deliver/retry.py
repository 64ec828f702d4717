"""When a delivery that did not succeed is tried again: by the kind of its outcome, as an operator would."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.model.states import OutcomeKind


@dataclass(frozen=True, slots=True)
class Rule:
    """Seconds: the first wait, by which factor it grows, and its cap. `tries` is None when only time ends it."""

    first: float
    growth: float
    cap: float
    tries: int | None


RULES = {
    OutcomeKind.BUSY: Rule(first=2.0, growth=1.5, cap=60.0, tries=None),
    OutcomeKind.UNREACHABLE: Rule(first=10.0, growth=2.0, cap=900.0, tries=None),
    OutcomeKind.REFUSED: Rule(first=60.0, growth=2.0, cap=1800.0, tries=4),
    OutcomeKind.PROTOCOL: Rule(first=30.0, growth=2.0, cap=900.0, tries=6),
    OutcomeKind.OURS: Rule(first=1.0, growth=2.0, cap=120.0, tries=10),
}


def next_wait(kind: OutcomeKind, attempt: int, chance: float) -> float | None:
    """Seconds until the try after attempt number `attempt` (from 1), or None to give up.

    `chance` in [0, 1) spreads the tries of many deliveries by a quarter to either side.
    """
    rule = RULES[kind]
    if rule.tries is not None and attempt >= rule.tries:
        return None
    wait = min(rule.cap, rule.first * rule.growth ** min(attempt - 1, 40))
    return wait * (0.75 + 0.5 * chance)
