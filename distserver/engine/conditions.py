"""How destinations are, as they said when they were last asked: for the printers of groups and for the board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from distserver.engine.capabilities import capabilities_from_json
from distserver.model.address import Destination
from distserver.model.capabilities import Capabilities
from distserver.model.supplies import Alert
from distserver.store import lanes
from distserver.store.database import Database

SEVERE = "critical"


@dataclass(frozen=True, slots=True)
class Condition:
    """One destination. `said` is None where it has not said anything yet, `at` when that was; `trouble` is why
    deliveries to it fail now, or empty; `suspended`: nothing goes to it until it is well again."""

    destination: Destination
    said: Capabilities | None = None
    at: float = 0.0
    trouble: str = ""
    suspended: bool = False

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What is wrong: the alerts of the device, else what it gives as reasons of its state; and what we met."""
        met = (Alert(self.trouble, SEVERE),) if self.trouble or self.suspended else ()
        if self.said is None:
            return met
        return (*met, *(self.said.alerts or map(_alert_of, self.said.state_reasons)))


def _alert_of(reason: str) -> Alert:
    """A reason of a printer's state as an alert (RFC 8011 §5.4.12)."""
    for suffix, severity in (("-error", SEVERE), ("-warning", "warning"), ("-report", "other")):
        if reason.endswith(suffix):
            return Alert(reason.removesuffix(suffix), severity)
    return Alert(reason, "warning")


def list_conditions(database: Database, destinations: Sequence[Destination]) -> list[Condition]:
    """Of each of these, in their order."""
    with database.read() as connection:
        found = {one.uri: one for one in lanes.standings(connection, [each.address.uri for each in destinations])}
    return list(_match(destinations, found))


def _match(destinations: Iterable[Destination], found: dict[str, lanes.Standing]) -> Iterable[Condition]:
    for one in destinations:
        row = found.get(one.address.uri)
        if row is None:
            yield Condition(one)
        else:
            yield Condition(one, _read(row.said), row.at or 0.0, row.trouble, row.suspended)


def _read(text: str | None) -> Capabilities | None:
    if text is None:
        return None
    try:
        return capabilities_from_json(text)
    except (ValueError, TypeError, AttributeError):  # written by another version
        return None
