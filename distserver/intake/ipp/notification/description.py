"""Subscriptions and what they have heard as IPP attributes, and what a printer says of both (RFC 3995, RFC 3996)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from distserver.intake.ipp.addresses import Place
from distserver.intake.ipp.description import House, up_time
from distserver.intake.ipp.gate import name_sender
from distserver.intake.ipp.notification import events
from distserver.intake.ipp.notification.audience import SYSTEM
from distserver.intake.ipp.notification.scene import make_text, read_content
from distserver.intake.ipp.notification.wish import ATTRIBUTES, DEFAULT_LEASE, IPPGET, LONGEST_LEASE, MOST_EVENTS
from distserver.store.happenings import Notification
from distserver.store.subscriptions import Subscription
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import (
    charset,
    cut_octets,
    date_time,
    integer,
    keyword,
    keywords,
    name,
    natural_language,
    octets,
    range_of,
    uri,
)

_ALWAYS = frozenset(
    {
        "notify-job-id", "job-id", "job-state", "job-state-reasons", "printer-state", "printer-state-reasons",
        "printer-is-accepting-jobs",
    }
)  # fmt: skip
_COUNTED = frozenset({events.Event.JOB_PROGRESS, events.Event.JOB_COMPLETED})


def describe_offer(life: float, *, system: bool = False) -> tuple[Attribute, ...]:
    """What can be subscribed to (RFC 3995 §5.3, RFC 3996 §8)."""
    supported = events.OF_SYSTEM if system else events.OF_PRINTER
    default = events.DEFAULT_OF_SYSTEM if system else events.DEFAULT
    return (
        attribute("notify-pull-method-supported", keyword(IPPGET)),
        attribute("notify-events-supported", *keywords((events.NONE, *supported))),
        attribute("notify-events-default", *keywords(default)),
        attribute("notify-max-events-supported", integer(MOST_EVENTS)),
        attribute("notify-attributes-supported", *keywords(ATTRIBUTES)),
        attribute("notify-lease-duration-supported", range_of(1, LONGEST_LEASE)),
        attribute("notify-lease-duration-default", integer(DEFAULT_LEASE)),
        attribute("ippget-event-life", integer(round(life))),
    )


def describe_subscription(one: Subscription, house: House, now: float) -> tuple[Attribute, ...]:
    """All its attributes (RFC 3995 §5.3, §5.4)."""
    return (
        attribute("notify-subscription-id", integer(one.id)),
        attribute("notify-sequence-number", integer(one.sequence)),
        attribute("notify-pull-method", keyword(IPPGET)),
        attribute("notify-events", *keywords(one.events)),
        *((attribute("notify-attributes", *keywords(one.attributes)),) if one.attributes else ()),
        attribute("notify-user-data", octets(one.user_data)),
        attribute("notify-charset", charset("utf-8")),
        attribute("notify-natural-language", natural_language(one.language)),
        *_describe_lease(one, house, now),
        *((attribute("notify-time-interval", integer(one.interval)),) if one.interval else ()),
        attribute("notify-system-uri" if one.printer == SYSTEM else "notify-printer-uri", uri(one.uri)),
        *((attribute("notify-job-id", integer(one.job)),) if one.job is not None else ()),
        attribute("notify-subscriber-user-name", name(cut_octets(name_sender(one.owner), 255))),
    )


def _describe_lease(one: Subscription, house: House, now: float) -> tuple[Attribute, ...]:
    if one.lease is None or one.expires is None:
        return ()
    return (
        attribute("notify-lease-duration", integer(one.lease)),
        attribute("notify-lease-expiration-time", integer(up_time(house, one.expires))),
        attribute("notify-printer-up-time", integer(up_time(house, now))),
    )


def describe_notification(heard: Notification, to: Subscription, house: House) -> Group:
    """An event as this subscription hears of it (RFC 3996 §5.2.2, tables 3 to 6)."""
    happening = heard.happening
    content = read_content(happening.content)
    counted = happening.event in _COUNTED and "job-impressions-completed" in content
    chosen = [one for one in content if one.name in _ALWAYS or one.name in to.attributes]
    if counted:
        chosen += [one for one in content if one.name == "job-impressions-completed"]
    return Group(
        GroupTag.EVENT_NOTIFICATION,
        (
            attribute("notify-subscription-id", integer(to.id)),
            *_describe_source(to, happening.printer),
            attribute("notify-subscribed-event", keyword(heard.subscribed)),
            attribute("notify-event", keyword(happening.event)),
            attribute("notify-sequence-number", integer(heard.sequence)),
            attribute("printer-up-time", integer(up_time(house, happening.at))),
            attribute("printer-current-time", date_time(datetime.fromtimestamp(happening.at, UTC))),
            attribute("notify-charset", charset("utf-8")),
            attribute("notify-natural-language", natural_language(to.language)),
            attribute("notify-user-data", octets(to.user_data)),
            make_text(happening.words),
            *chosen,
        ),
    )


def _describe_source(to: Subscription, printer: str) -> Sequence[Attribute]:
    """The printer as the subscriber named it; of the system also which one it is about."""
    if to.printer != SYSTEM:
        return (attribute("notify-printer-uri", uri(to.uri)),)
    parts = urlsplit(to.uri)
    its = f"{parts.scheme}://{parts.netloc}{Place.of_key(printer).path}"
    return (attribute("notify-system-uri", uri(to.uri)), attribute("notify-printer-uri", uri(its)))
