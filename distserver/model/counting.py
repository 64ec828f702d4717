"""What is counted over the life of an installation, and the count of a moment that is still to be written.

Counts are rows of the database (`store.counters`), written in the transactions that make what they count true: they are
right after any restart, and whatever process is asked. `report.metrics` shows them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from distserver.model.states import Reason

SUM = "sum"
OTHER = "other"
_LONGEST_CLASS = 120


@dataclass(frozen=True, slots=True)
class Family:
    """One thing that is counted, by `labels`; `text` is its help. With `bounds` (seconds) it is a histogram."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)

CONVERSIONS = Family(
    "conversions", "Documents converted, by class, format and outcome.", ("class", "format", "outcome")
)
CONVERSION_CPU = Family(
    "conversion_cpu_seconds", "CPU time of conversions, in seconds.", ("class", "format", "outcome")
)
JOBS_ACCEPTED = Family("jobs_accepted", "Jobs that were accepted, by their priority.", ("priority",))
DELIVERIES_ENDED = Family(
    "deliveries_ended",
    "Deliveries that ended, by the state and the reason that stand in the receipt; one that a person sends again "
    "counts each time.",
    ("state", "reason", "channel"),
)
DELIVERY_TIME = Family(
    "delivery",
    "Seconds from when a delivery could first go (its job was accepted, or its start came) to its completion.",
    ("priority",),
    _BOUNDS,
)
DELIVERY_WAIT = Family(
    "delivery_wait",
    "Seconds from when a delivery could first go to its first attempt: how long it waited in our queues.",
    ("priority",),
    _BOUNDS,
)
RETRIES = Family(
    "delivery_retries",
    "Attempts that failed and are made again by themselves, by the kind of failure that rules when.",
    ("kind", "channel"),
)
ADOPTIONS = Family(
    "delivery_adoptions",
    "Times a device was asked, after a crash or a broken line, whether it has a delivery: found there, absent, unknown "
    "(it cannot tell), or deferred (it could not be asked).",
    ("answer",),
)
RESENT = Family(
    "deliveries_resent",
    "Deliveries sent again though the device may have them, because it cannot tell and the rule is at-least-once.",
)
TAKEN_OVER = Family("deliveries_taken_over", "Deliveries that were in the hands of a worker when it died.")
LEASES_LOST = Family(
    "worker_leases_lost",
    "Workers that others took for dead, by where: on this machine, or on another one.",
    ("machine",),
)

FAMILIES = (
    CONVERSIONS,
    CONVERSION_CPU,
    JOBS_ACCEPTED,
    DELIVERIES_ENDED,
    DELIVERY_TIME,
    DELIVERY_WAIT,
    RETRIES,
    ADOPTIONS,
    RESENT,
    TAKEN_OVER,
    LEASES_LOST,
)


class Tally(Counter[tuple[str, str]]):
    """What was counted just now: (family, labels) → how much. Labels are single words, joined by spaces."""

    def count(self, family: Family, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        self[family.name, " ".join(labels)] += by  # type: ignore[assignment]

    def observe(self, family: Family, seconds: float, *labels: str) -> None:
        """Add one observation to a histogram: one to its bucket, and its seconds to the sum."""
        place = bisect_left(family.bounds, seconds)
        bound = str(family.bounds[place]) if place < len(family.bounds) else "+Inf"
        words = " ".join(labels)
        self[family.name, f"{words} {bound}"] += 1
        self[family.name, f"{words} {SUM}"] += max(0.0, seconds)  # type: ignore[assignment]


_REASONS = frozenset(map(str, Reason))


def name_class(key: str) -> str:
    """The key of a rendition class as a label: one word, for a device's own names of paper stand in it."""
    return "_".join(key.split())[:_LONGEST_CLASS]


def name_reason(reason: str) -> str:
    """The reason as a label: ours by their names; whatever else devices may say counts as one."""
    return reason if reason in _REASONS else OTHER
