"""Subscriptions that come along with a new job, in the request that makes it (RFC 3995 §11.1.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from distserver.intake.ipp.addresses import written_target
from distserver.intake.ipp.gate import Visitor
from distserver.intake.ipp.notification.subscriptions import Object, Subscriptions
from distserver.intake.ipp.notification.wish import OF_JOB, Reading, read_wish
from distserver.intake.ipp.printers import Printer
from distserver.jobs.incoming import IppJob
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.enums import Status
from distwire.ipp.service import Call, Reply
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import enum, integer


def enclose(call: Call, printer: Printer, by: Visitor, subscriptions: Subscriptions) -> Enclosed:
    """What a request that makes a job asks for. Raises `Refusal` when one of its subscriptions is none."""
    readings = [read_wish(group, OF_JOB) for group in call.request.groups_of(GroupTag.SUBSCRIPTION)]
    return Enclosed(subscriptions, readings, Object(printer.place.key, None, written_target(call)), by)


def answer_group(reading: Reading, id_: int | None, *, made: bool = True) -> Group:
    """What became of one group of a request (RFC 3995 §5.2, rules 7 and 8). `made` is False where nothing is to be."""
    wish, status = reading.wish, reading.status
    attributes: list[Attribute] = []
    if id_ is not None:
        attributes.append(attribute("notify-subscription-id", integer(id_)))
    elif made and wish is not None:
        status = Status.TOO_MANY_SUBSCRIPTIONS
    lease = attribute("notify-lease-duration", integer(wish.lease)) if wish is not None and wish.lease else None
    if lease is not None and (id_ is not None or not made):
        attributes.append(lease)
    attributes += [one for one in reading.unsupported if lease is None or one.name != lease.name]
    if status is not None:
        attributes.append(attribute("notify-status-code", enum(status)))
    return Group(GroupTag.SUBSCRIPTION, attributes)


def all_made(groups: Sequence[Group]) -> bool:
    """No subscription was left out."""
    return all((group.integer("notify-status-code") or 0) < Status.BAD_REQUEST for group in groups)


@dataclass
class Enclosed:
    """The subscriptions of one request: `insert` goes into the transaction that makes the job, `complete` into its
    answer."""

    subscriptions: Subscriptions
    readings: Sequence[Reading]
    what: Object
    by: Visitor
    _ids: list[int | None] = field(default_factory=list)

    def insert(self, connection: sa.Connection, number: int) -> None:
        """See `jobs.incoming.AlsoOf`."""
        if self.readings:
            wishes = [one.wish for one in self.readings]
            self._ids = self.subscriptions.insert(connection, wishes, replace(self.what, job=number), self.by)

    def complete(self, answer: Callable[[IppJob], Reply]) -> Callable[[IppJob], Reply]:
        """The answer, with a group for each subscription."""
        return lambda found: self.add_to(answer(found))

    def add_to(self, reply: Reply, *, made: bool = True) -> Reply:
        """`made` is False for Validate-Job, which makes nothing."""
        ids = self._ids or [None] * len(self.readings)
        groups = tuple(answer_group(one, id_, made=made) for one, id_ in zip(self.readings, ids, strict=True))
        reply = replace(reply, groups=(*reply.groups, *groups))
        if all_made(groups):
            return reply
        words = self.subscriptions.rules.explain(groups)
        return replace(reply, status=Status.OK_IGNORED_SUBSCRIPTIONS, words=words)
