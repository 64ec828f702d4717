"""What a group can do: what its members can, or what is converted for them; and how its members are (SPEC N1, N2)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from distserver.engine.conditions import Condition, list_conditions
from distserver.intake.ipp.supplies import Remains, collect_remains
from distserver.model.address import Channel, Destination
from distserver.model.capabilities import Capabilities
from distserver.model.documents import Sides
from distserver.plan.media import A4, COMMON_NAMES, MediaSize, parse_media_size
from distserver.store.database import Database

_USUAL_MEDIA = (*dict.fromkeys(COMMON_NAMES.values()), "na_index-4x6_4x6in")
_MOST_MEDIA = 60
_FRESH_SECONDS = 10.0
_MOST_KEPT = 2000

_REASONS = {
    "media-empty": "media-empty-warning",
    "media-needed": "media-needed-warning",
    "toner-empty": "toner-empty-warning",
    "toner-low": "toner-low-report",
    "marker-supply-empty": "marker-supply-empty-warning",
    "marker-supply-low": "marker-supply-low-report",
    "cover-open": "cover-open-warning",
    "door-open": "door-open-warning",
    "media-jam": "media-jam-warning",
    "media-low": "media-low-report",
    "paused": "paused-warning",
}
_OTHER = "connecting-to-device"


@dataclass(frozen=True, slots=True)
class Ability:
    """`media` are PWG names with their (width, height) in hundredths of a millimetre, the default first. `troubled` is
    how many members are in trouble, `suspended` of them to which nothing goes for now."""

    color: bool
    sides: tuple[Sides, ...]
    media: tuple[tuple[str, MediaSize], ...]
    ready: tuple[str, ...]
    reasons: tuple[str, ...]
    members: int
    troubled: int
    suspended: int
    remains: Remains = Remains()

    @property
    def stopped(self) -> bool:
        """Nobody can print."""
        return self.members > 0 and self.suspended == self.members


class Abilities:
    """Asks the store what members said of themselves, at most every ten seconds for each printer."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._kept: dict[str, tuple[float, Sequence[Destination], Ability]] = {}

    def of(self, key: str, members: Sequence[Destination]) -> Ability:
        """What these members can do together; `key` names the printer."""
        kept = self._kept.get(key)
        if kept is not None and kept[1] is members and self._clock() - kept[0] < _FRESH_SECONDS:
            return kept[2]
        ability = self.ask(members)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (self._clock(), members, ability)
        return ability

    def ask(self, members: Sequence[Destination]) -> Ability:
        """The same, asked now."""
        return join(list_conditions(self._database, members))


def join(conditions: Sequence[Condition]) -> Ability:
    """Together they can what one of them can: each gets what is nearest to what was asked."""
    channels = {one.destination.address.channel for one in conditions}
    prints = not channels.isdisjoint((Channel.IPP, Channel.CUPS, Channel.DISCARD))
    said = [one.said for one in conditions if one.said is not None]
    troubled = [one for one in conditions if one.trouble or one.suspended]
    unknown = len(said) < len(conditions)
    sides = {side for one in said for side in one.sides}
    if prints and (unknown or not all(one.sides for one in said)):  # who does not say may be able to
        sides |= set(Sides)
    media = _media(said)
    return Ability(
        color=unknown or any(one.color is not False for one in said),
        sides=tuple(side for side in Sides if side in sides or side is Sides.ONE_SIDED),
        media=media,
        ready=tuple(name for name, _ in media if any(name in one.media_ready for one in said)) or (media[0][0],),
        reasons=_reasons(said, troubled=bool(troubled)),
        members=len(conditions),
        troubled=len(troubled),
        suspended=sum(one.suspended for one in troubled),
        remains=collect_remains(conditions),
    )


def _media(said: Sequence[Capabilities]) -> tuple[tuple[str, MediaSize], ...]:
    counted = Counter(name for one in said for name in {*one.media_ready, *one.media})
    default = Counter(one.media_default for one in said if one.media_default).most_common(1)
    names = [*(name for name, _ in default), *(name for name, _ in counted.most_common(_MOST_MEDIA)), *_USUAL_MEDIA]
    if not default:
        names.insert(0, A4)
    sizes = ((name, parse_media_size(name)) for name in dict.fromkeys(names) if "custom_m" not in name)
    return tuple((name, size) for name, size in sizes if size is not None)[:_MOST_MEDIA]


def _reasons(said: Iterable[Capabilities], *, troubled: bool) -> tuple[str, ...]:
    """A member's error is a warning for the group: the others print."""
    words: dict[str, None] = {}
    for one in said:
        for reason in one.state_reasons:
            base = reason.removesuffix("-error").removesuffix("-warning").removesuffix("-report")
            if base in _REASONS:
                words[_REASONS[base]] = None
    if troubled:
        words[_OTHER] = None
    return tuple(words) or ("none",)
