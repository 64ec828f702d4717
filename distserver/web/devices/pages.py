"""What the page of the devices is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from distserver.accounts.enrolments import NewCode
from distserver.groups.snapshot import Snapshot
from distserver.model.accounts import Card, EnrolmentCode, Role, Token
from distserver.model.letters import Attendance

OFFERED = 200
"""Destinations that the field suggests; of more, the others are typed."""


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device's token; `name` is what all.rec calls it, empty if it lacks the device. `attendance` is a PC's: when it
    was heard of."""

    token: Token
    name: str
    attendance: Attendance | None = None
    present: bool = False


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code that waits for its device, which all.rec calls `name`."""

    code: EnrolmentCode
    name: str


@dataclass(frozen=True, slots=True)
class DevicesPage:
    """The whole page; `shown` is a code that was made just now."""

    devices: tuple[DeviceLine, ...]
    codes: tuple[CodeLine, ...]
    cards: tuple[Card, ...]
    offered: tuple[tuple[str, str], ...]
    shown: NewCode | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All tokens, the codes that hold, all cards, and when each PC was heard of; `now` is the time."""

    tokens: Iterable[Token]
    codes: Iterable[EnrolmentCode]
    cards: Iterable[Card]
    attendances: Iterable[Attendance] = ()
    now: float = 0.0


def make_page(snapshot: Snapshot, found: Standing, shown: NewCode | None = None) -> DevicesPage:
    """Devices by name; those that all.rec lacks last."""
    names = {one.address.uri: one.name for one in snapshot.destinations}
    live = [one for one in found.tokens if one.role is Role.DEVICE and not one.revoked]
    heard = {one.pc: one for one in found.attendances}
    devices = [_line(token, names.get(token.subject, ""), heard.get(token.subject), found.now) for token in live]
    waiting = [CodeLine(code, names.get(code.address, "")) for code in found.codes]
    return DevicesPage(
        devices=tuple(sorted(devices, key=lambda one: (not one.name, one.name, one.token.subject, one.token.created))),
        codes=tuple(one for one in waiting if shown is None or one.code.address != shown.where.address.uri),
        cards=tuple(found.cards),
        offered=tuple((one.address.written, one.name) for one in snapshot.destinations[:OFFERED]),
        shown=shown,
    )


def _line(token: Token, name: str, attendance: Attendance | None, now: float) -> DeviceLine:
    return DeviceLine(token, name, attendance, attendance is not None and attendance.until > now)
