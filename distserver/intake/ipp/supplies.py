"""Supplies, trays and alerts of a group: those of its members, each under its member's name (PWG 5100.9, 5100.13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from distserver.engine.conditions import SEVERE, Condition
from distserver.model.supplies import Alert, Supply, Tray
from distserver.report.words import describe_reason
from distwire.ipp.attributes import Attribute, attribute
from distwire.ipp.values import Value, cut_octets, octets, text

_MOST = 32
_UNKNOWN, _LONGEST = -2, 255


@dataclass(frozen=True, slots=True)
class Remains:
    """What members have left and complain of, each with its member's name: as many of each as a client can show."""

    supplies: tuple[tuple[str, Supply], ...] = ()
    trays: tuple[tuple[str, Tray], ...] = ()
    alerts: tuple[tuple[str, Alert], ...] = ()


def collect_remains(conditions: Sequence[Condition]) -> Remains:
    """Of supplies and trays the emptiest, of alerts the worst."""
    return Remains(
        tuple(nsmallest(_MOST, _each_supply(conditions), key=lambda pair: _rank(pair[1].percent))),
        tuple(nsmallest(_MOST, _each_tray(conditions), key=lambda pair: _rank(pair[1].percent))),
        tuple(nsmallest(_MOST, _each_alert(conditions), key=lambda pair: pair[1].severity != SEVERE)),
    )


def describe_remains(remains: Remains, *, fax: bool) -> tuple[Attribute, ...]:
    """`printer-supply`, `printer-input-tray`, `printer-alert`, and their descriptions. A fax always has the alerts
    (PWG 5100.15 §7.4), if only an empty one; a printer has them where there are any."""
    trays = remains.trays or (("", Tray("auto", None, None)),)
    codes = [_octets(code=one.code, severity=one.severity or "other") for _, one in remains.alerts]
    words = [_words(member, one.words or describe_reason(one.code).says) for member, one in remains.alerts]
    if fax and not codes:
        codes, words = [octets(b"")], [text("")]
    alerts = (attribute("printer-alert", *codes), attribute("printer-alert-description", *words)) if codes else ()
    return (
        *_supplies(remains.supplies),
        attribute("printer-input-tray", *(_tray(*one) for one in trays)),
        *alerts,
    )


def _supplies(supplies: Sequence[tuple[str, Supply]]) -> tuple[Attribute, ...]:
    """A printer that tells of supplies has one at least: of members that say nothing, it is not known."""
    told = supplies or [("", Supply("Toner of the members: nothing is known of it", "toner", "black", None))]
    return (
        attribute("printer-supply", *(_supply(number, one) for number, (_, one) in enumerate(told, start=1))),
        attribute("printer-supply-description", *(_words(member, one.name) for member, one in told)),
    )


def _each_supply(conditions: Iterable[Condition]) -> Iterator[tuple[str, Supply]]:
    return ((one.destination.name, each) for one in conditions if one.said for each in one.said.supplies)


def _each_tray(conditions: Iterable[Condition]) -> Iterator[tuple[str, Tray]]:
    return ((one.destination.name, each) for one in conditions if one.said for each in one.said.trays)


def _each_alert(conditions: Iterable[Condition]) -> Iterator[tuple[str, Alert]]:
    return ((one.destination.name, each) for one in conditions for each in one.alerts)


def _rank(percent: int | None) -> int:
    return 1000 if percent is None else percent


def _supply(number: int, one: Supply) -> Value:
    return _octets(
        index=number,
        **{"class": "receptacleThatIsFilled" if one.waste else "supplyThatIsConsumed"},
        type=one.kind,
        unit="percent",
        maxcapacity=100,
        level=_UNKNOWN if one.percent is None else one.percent,
        colorantname=one.color or "unknown",
    )


def _tray(member: str, one: Tray) -> Value:
    """The level is in sheets where the capacity is known."""
    known = one.percent is not None and one.capacity is not None
    level = round((one.capacity or 0) * (one.percent or 0) / 100) if known else _UNKNOWN
    return _octets(
        type="sheetFeedAutoRemovableTray",
        mediafeed=0,
        mediaxfeed=0,
        maxcapacity=one.capacity or _UNKNOWN,
        level=level,
        status=0,
        name=f"{member}: {one.name}" if member else one.name,
    )


def _octets(**pairs: object) -> Value:
    clean = ((key, str(value).replace(";", ",").replace("=", "-")) for key, value in pairs.items())
    said = "".join(f"{key}={value};" for key, value in clean)
    return octets(cut_octets(said, 1023).encode())


def _words(member: str, words: str) -> Value:
    said = f"{member}: {words}" if member else words
    return text(cut_octets(said, _LONGEST))
