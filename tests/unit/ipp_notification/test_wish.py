"""What is asked of a subscription (RFC 3995 §5.2): exact statuses; nothing that a client sends breaks the reading."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.intake.ipp.notification.wish import (
    ATTRIBUTES,
    DEFAULT_LEASE,
    LONGEST_DATA,
    LONGEST_LEASE,
    MOST_EVENTS,
    OF_JOB,
    OF_PRINTER,
    OF_SYSTEM,
    Offer,
    Reading,
    read_lease,
    read_wish,
)
from distwire.ipp import Attribute, Group, GroupTag, attribute, decode_message, encode_message
from distwire.ipp.enums import Status
from distwire.ipp.message import make_message
from distwire.ipp.service import Refusal
from distwire.ipp.values import (
    UNSUPPORTED,
    Value,
    boolean,
    charset,
    date_time,
    integer,
    keyword,
    keywords,
    mime_type,
    name,
    natural_language,
    octets,
    range_of,
    text,
    uri,
)

PULL = attribute("notify-pull-method", keyword("ippget"))


def read(*more: Attribute, offer: Offer = OF_PRINTER) -> Reading:
    return read_wish(Group(GroupTag.SUBSCRIPTION, (PULL, *more)), offer)


def test_who_asks_for_nothing_in_particular_has_the_defaults() -> None:
    reading = read()
    assert (reading.status, reading.unsupported) == (None, ())
    assert reading.wish is not None
    assert (reading.wish.events, reading.wish.lease) == (("job-completed",), DEFAULT_LEASE)
    assert (reading.wish.user_data, reading.wish.interval, reading.wish.attributes) == (b"", 0, ())


def test_all_is_taken_as_asked() -> None:
    reading = read(
        attribute("notify-events", *keywords(("job-progress", "printer-stopped", "job-progress"))),
        attribute("notify-attributes", *keywords(("job-name", "none"))),
        attribute("notify-user-data", octets(b"x" * LONGEST_DATA)),
        attribute("notify-charset", charset("utf-8")),
        attribute("notify-natural-language", natural_language("en")),
        attribute("notify-lease-duration", integer(60)),
        attribute("notify-time-interval", integer(5)),
    )
    assert (reading.status, reading.unsupported) == (None, ())
    assert reading.wish is not None
    assert reading.wish.events == ("job-progress", "printer-stopped")
    assert (reading.wish.attributes, reading.wish.lease, reading.wish.interval) == (("job-name",), 60, 5)


@pytest.mark.parametrize(
    ("asked", "returned"),
    [
        (attribute("notify-events", *keywords(("job-created", "tea-time"))), ("tea-time",)),
        (attribute("notify-events", *keywords(("job-created", "none"))), ("none",)),
        (attribute("notify-events", *keywords(("job-created", "printer-deleted"))), ("printer-deleted",)),
        (attribute("notify-attributes", *keywords(("job-name", "job-state"))), ("job-state",)),
        (attribute("notify-user-data", octets(b"x" * (LONGEST_DATA + 1))), None),
        (attribute("notify-charset", charset("us-ascii")), ("us-ascii",)),
        (attribute("notify-natural-language", natural_language("de")), ("de",)),
        (attribute("notify-lease-duration", integer(LONGEST_LEASE + 1)), None),
        (attribute("notify-lease-duration", integer(0)), None),
        (attribute("notify-time-interval", integer(-1)), None),
        (attribute("notify-tea", keyword("green")), None),
    ],
)
def test_what_is_not_supported_comes_back_and_the_rest_is_made(
    asked: Attribute, returned: tuple[str, ...] | None
) -> None:
    reading = read(asked)
    assert reading.wish is not None
    assert reading.status == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    (unsupported,) = reading.unsupported
    assert unsupported.name == asked.name
    if returned is not None:
        assert unsupported.strings == returned
    if asked.name == "notify-tea":
        assert unsupported.values == (UNSUPPORTED,)


def test_too_many_events_are_said_to_be_too_many() -> None:
    reading = read(attribute("notify-events", *keywords(["job-created"] * (MOST_EVENTS + 1))))
    assert reading.status == Status.OK_TOO_MANY_EVENTS
    assert reading.wish is not None
    assert reading.wish.events == ("job-created",)


@pytest.mark.parametrize("events", [("none",), ("tea-time",)])
def test_who_wants_no_event_gets_no_subscription(events: tuple[str, ...]) -> None:
    reading = read(attribute("notify-events", *keywords(events)))
    assert (reading.wish, reading.status) == (None, Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED)
    assert reading.unsupported[0].strings == events


def test_events_are_pulled_and_not_pushed() -> None:
    recipient = attribute("notify-recipient-uri", uri("mailto:hanako@example.org"))
    pushed = read_wish(Group(GroupTag.SUBSCRIPTION, (recipient,)), OF_PRINTER)
    assert (pushed.wish, pushed.status) == (None, Status.URI_SCHEME_NOT_SUPPORTED)
    assert pushed.unsupported == (recipient,)
    method = attribute("notify-pull-method", keyword("carrier-pigeon"))
    other = read_wish(Group(GroupTag.SUBSCRIPTION, (method,)), OF_PRINTER)
    assert (other.wish, other.status) == (None, Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED)
    for wrong in ((), (recipient, PULL)):
        with pytest.raises(Refusal) as refused:
            read_wish(Group(GroupTag.SUBSCRIPTION, wrong), OF_PRINTER)
        assert refused.value.reply.status == Status.BAD_REQUEST


def test_a_job_has_no_lease() -> None:
    reading = read(attribute("notify-lease-duration", integer(60)), offer=OF_JOB)
    assert reading.wish is not None
    assert reading.wish.lease is None
    assert reading.unsupported == (attribute("notify-lease-duration", UNSUPPORTED),)


@pytest.mark.parametrize(
    ("asked", "granted"),
    [(None, (DEFAULT_LEASE, True)), (60, (60, True)), (0, (LONGEST_LEASE, False)), (-5, (1, False))],
)
def test_leases_are_as_near_as_can_be(asked: int | None, granted: tuple[int, bool]) -> None:
    assert read_lease(None if asked is None else attribute("notify-lease-duration", integer(asked))) == granted


_NAMES = st.sampled_from(
    [
        "notify-recipient-uri", "notify-pull-method", "notify-events", "notify-attributes", "notify-user-data",
        "notify-charset", "notify-natural-language", "notify-lease-duration", "notify-time-interval", "notify-x",
        "x" * 40_000, "名",
    ]
)  # fmt: skip
_WORDS = st.sampled_from(["ippget", "job-completed", "printer-created", "none", "utf-8", "en", "x", *ATTRIBUTES[:2]])
_ANY: st.SearchStrategy[Value] = st.one_of(
    st.builds(keyword, _WORDS),
    st.builds(text, st.text(max_size=20)),
    st.builds(name, st.text(max_size=20)),
    st.builds(integer, st.integers(-(2**31), 2**31 - 1)),
    st.builds(octets, st.binary(max_size=100)),
    st.builds(boolean, st.booleans()),
    st.builds(range_of, st.integers(0, 9), st.integers(0, 9)),
    st.builds(charset, _WORDS),
    st.builds(natural_language, _WORDS),
    st.builds(mime_type, _WORDS),
    st.just(UNSUPPORTED),
    st.builds(Value, st.integers(0x21, 0x4A), st.binary(max_size=5)),
    st.just(date_time(datetime(2026, 1, 1, tzinfo=UTC))),
)
_GROUPS = st.lists(
    st.builds(lambda called, values: attribute(called, *values), _NAMES, st.lists(_ANY, min_size=1, max_size=30))
)


@given(_GROUPS, st.sampled_from([OF_PRINTER, OF_JOB, OF_SYSTEM]))
def test_whatever_is_asked_the_answer_can_be_sent_and_what_is_made_can_be_had(
    asked: list[Attribute], offer: Offer
) -> None:
    named = {one.name for one in asked}
    if len(named & {"notify-recipient-uri", "notify-pull-method"}) != 1:
        with pytest.raises(Refusal):
            read_wish(Group(GroupTag.SUBSCRIPTION, asked), offer)
        return
    reading = read_wish(Group(GroupTag.SUBSCRIPTION, asked), offer)
    group = Group(GroupTag.SUBSCRIPTION, reading.unsupported)
    decode_message(encode_message(make_message(0, 1, (), (group,))))
    if reading.wish is None:
        assert reading.status is not None
        assert reading.status >= Status.BAD_REQUEST
        return
    assert reading.wish.events
    assert set(reading.wish.events) <= set(offer.events)
    assert set(reading.wish.attributes) <= set(ATTRIBUTES)
    assert len(reading.wish.user_data) <= LONGEST_DATA
    assert (reading.wish.lease is None) is not offer.leased
    assert (reading.status is not None) >= bool(reading.unsupported)
