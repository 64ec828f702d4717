"""What a client asks for in a group of Subscription Template attributes (RFC 3995 §5.2, §5.3). Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from distserver.intake.ipp.notification import events
from distserver.intake.ipp.notification.events import NONE
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.encode import make_sayable
from distwire.ipp.enums import Status
from distwire.ipp.errors import Unencodable
from distwire.ipp.service import Refusal
from distwire.ipp.tags import ValueTag
from distwire.ipp.values import UNSUPPORTED, Data, Value

IPPGET = "ippget"
MOST_EVENTS = 24
LONGEST_DATA = 63
LONGEST_LEASE = 7 * 86400
DEFAULT_LEASE = 86400
ATTRIBUTES = (
    "job-name",
    "job-originating-user-name",
    "job-uuid",
    "job-state-message",
    "job-impressions",
    "job-k-octets",
    "number-of-documents",
    "printer-name",
    "printer-uuid",
    "printer-state-message",
    "queued-job-count",
)
"""What events can say beyond what they have to: `notify-attributes-supported`."""

_KNOWN = frozenset(
    {
        "notify-recipient-uri", "notify-pull-method", "notify-events", "notify-attributes", "notify-user-data",
        "notify-charset", "notify-natural-language", "notify-lease-duration", "notify-time-interval",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be subscribed to: the events, and those for who names none. A job's subscription has no lease."""

    events: Sequence[str]
    default: Sequence[str]
    leased: bool


OF_SYSTEM = Offer(events.OF_SYSTEM, events.DEFAULT_OF_SYSTEM, leased=True)
OF_PRINTER = Offer(events.OF_PRINTER, events.DEFAULT, leased=True)
OF_JOB = Offer(events.OF_PRINTER, events.DEFAULT, leased=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription as it will be. `lease` is None for a job's."""

    events: tuple[str, ...]
    attributes: tuple[str, ...]
    user_data: bytes
    lease: int | None
    interval: int


@dataclass(frozen=True, slots=True)
class Reading:
    """`wish` is None when there will be no subscription. `status` says so, or that something was not taken as asked,
    which is among the `unsupported`."""

    wish: Wish | None
    status: int | None
    unsupported: tuple[Attribute, ...]


def read_wish(group: Group, offer: Offer) -> Reading:
    """Raises `Refusal` for the whole request when the client does not say, or says twice, how it wants to be told."""
    recipient, method = group.find("notify-recipient-uri"), group.find("notify-pull-method")
    if recipient is None and method is None:
        raise Refusal(Status.BAD_REQUEST, "say how events are to come: notify-pull-method 'ippget' is missing")
    if recipient is not None and method is not None:
        raise Refusal(Status.BAD_REQUEST, "notify-recipient-uri and notify-pull-method do not go together")
    form = _Form(group, offer)
    wish = form.read()
    if recipient is not None:
        return Reading(None, Status.URI_SCHEME_NOT_SUPPORTED, (*make_sayable([recipient]), *form.unsupported))
    if method is not None and _single(method, ValueTag.KEYWORD) != IPPGET:
        return Reading(None, Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, (*make_sayable([method]), *form.unsupported))
    if not wish.events:
        return Reading(None, Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, tuple(form.unsupported))
    return Reading(wish, form.status, tuple(form.unsupported))


def read_lease(asked: Attribute | None) -> tuple[int, bool]:
    """Seconds, and whether they are those that were asked for; no lease lasts for ever."""
    if asked is None:
        return DEFAULT_LEASE, True
    seconds = _single(asked, ValueTag.INTEGER)
    if not isinstance(seconds, int):
        return DEFAULT_LEASE, False
    granted = LONGEST_LEASE if seconds == 0 else max(1, min(seconds, LONGEST_LEASE))
    return granted, granted == seconds


class _Form:
    """One group; what is not supported is gathered as it is met."""

    def __init__(self, group: Group, offer: Offer) -> None:
        self._group = group
        self._offer = offer
        self._many = False
        self.unsupported: list[Attribute] = []

    @property
    def status(self) -> int | None:
        """None when all was taken as asked."""
        if self._many:
            return Status.OK_TOO_MANY_EVENTS
        return Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES if self.unsupported else None

    def read(self) -> Wish:
        for one in self._group:
            if one.name not in _KNOWN:
                self._refuse(one.name, UNSUPPORTED)
        self._check_language()
        return Wish(
            events=self._read_events(),
            attributes=tuple(one for one in self._read_names("notify-attributes", ATTRIBUTES, 100) if one != NONE),
            user_data=self._read_data(),
            lease=self._read_lease(),
            interval=self._read_interval(),
        )

    def _refuse(self, name: str, *values: Value) -> None:
        with contextlib.suppress(Unencodable):  # what has no name cannot be named
            self.unsupported += make_sayable([attribute(name, *values)])

    def _read_events(self) -> tuple[str, ...]:
        if "notify-events" not in self._group:
            return tuple(self._offer.default)
        return self._read_names("notify-events", self._offer.events, MOST_EVENTS)

    def _read_names(self, name: str, supported: Sequence[str], most: int) -> tuple[str, ...]:
        """Keywords that are supported, each once; the others, and those beyond `most`, are not."""
        asked = self._group.find(name)
        if asked is None:
            return ()
        good: dict[str, None] = {}
        bad: list[Value] = []
        for number, value in enumerate(asked.values):
            if number < most and value.tag == ValueTag.KEYWORD and value.data in supported:
                good[str(value.data)] = None
            elif not (name == "notify-attributes" and value.data == NONE):
                bad.append(value)
        if bad:
            self._refuse(name, *bad)
        self._many = self._many or (name == "notify-events" and len(asked.values) > most)
        return tuple(good)

    def _read_data(self) -> bytes:
        asked = self._group.find("notify-user-data")
        if asked is None:
            return b""
        data = _single(asked, ValueTag.OCTET_STRING)
        if isinstance(data, bytes) and len(data) <= LONGEST_DATA:
            return data
        self._refuse(asked.name, *asked.values)
        return b""

    def _read_lease(self) -> int | None:
        asked = self._group.find("notify-lease-duration")
        if not self._offer.leased:
            if asked is not None:
                self._refuse("notify-lease-duration", UNSUPPORTED)
            return None
        seconds, as_asked = read_lease(asked)
        if asked is not None and not as_asked:
            self._refuse(asked.name, *asked.values)
        return seconds

    def _read_interval(self) -> int:
        asked = self._group.find("notify-time-interval")
        if asked is None:
            return 0
        seconds = _single(asked, ValueTag.INTEGER)
        if isinstance(seconds, int) and seconds >= 0:
            return seconds
        self._refuse(asked.name, *asked.values)
        return 0

    def _check_language(self) -> None:
        """Events are told in English and in UTF-8."""
        for name, tag, ours in (
            ("notify-charset", ValueTag.CHARSET, "utf-8"),
            ("notify-natural-language", ValueTag.NATURAL_LANGUAGE, "en"),
        ):
            asked = self._group.find(name)
            if asked is not None and str(_single(asked, tag)).lower() != ours:
                self._refuse(asked.name, *asked.values)


def _single(asked: Attribute, tag: int) -> Data:
    """Its one value, if it has the syntax; else None."""
    values = asked.values
    return values[0].data if len(values) == 1 and values[0].tag == tag else None
