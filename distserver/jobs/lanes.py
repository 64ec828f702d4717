"""How a destination stands after an attempt: strikes, pause, bounce score, suspension (SPEC N4). Pure.

A destination that fails again and again is suspended: its deliveries wait, and it is asked now and then how it is; when
it answers well, they go. What arrives wipes the slate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from distserver.model.lanes import Lane, LaneNews

_TRY = 0.1
_DELIVERY = 1.0


@dataclass(frozen=True, slots=True)
class BounceRules:
    """`limit` is the score from which a destination is suspended (0: never), `probe` the seconds between questions."""

    limit: float = 5.0
    probe: float = 900.0


def judge(lane: Lane, news: LaneNews, now: float, rules: BounceRules) -> Lane:
    """The destination after this."""
    if news.kind is None:
        return Lane(lane.uri)
    score = round(lane.score + (_DELIVERY if news.ended else _TRY), 1)  # ten tenths are one
    after = replace(
        lane,
        strikes=lane.strikes + 1,
        score=score,
        trouble=news.reason,
        message=news.message,
        since=lane.since or now,
        closed_until=now + news.pause if news.pause else lane.closed_until,
    )
    if lane.suspended is None and not (rules.limit and score >= rules.limit):
        return after
    return replace(after, suspended=lane.suspended or now, closed_until=now + rules.probe)


def reopen(lane: Lane, now: float) -> Lane:
    """The destination when it is tried now: its strikes stay, so that one delivery goes there first, and the others
    when that one has arrived."""
    return replace(lane, suspended=None, score=0.0, closed_until=now)


def describe_turn(before: Lane, after: Lane, name: str, now: float) -> list[dict[str, object]]:
    """Columns of `ds_notice` where people are to be told: it is suspended, or it is back."""
    if (before.suspended is None) == (after.suspended is None):
        return []
    kind = "destination-returned" if after.suspended is None else "destination-suspended"
    told = before if after.suspended is None else after
    message = f"{told.trouble}: {told.message}" if told.message else told.trouble
    return [{"at": now, "kind": kind, "object": after.uri, "name": name, "message": message}]
