"""Operations on subscriptions, and Get-Notifications (RFC 3995 §11, RFC 3996 §5, PWG 5100.22 §6.3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from distserver.errors import NotFound, NotSignedIn
from distserver.intake.ipp.addresses import Place, Target, target_of, written_target
from distserver.intake.ipp.description import up_time
from distserver.intake.ipp.gate import Visitor, check_listener
from distserver.intake.ipp.job_access import check_guest
from distserver.intake.ipp.notification.audience import SYSTEM
from distserver.intake.ipp.notification.description import describe_notification, describe_subscription
from distserver.intake.ipp.notification.enclosed import all_made, answer_group
from distserver.intake.ipp.notification.foreign import move_user_name
from distserver.intake.ipp.notification.subscriptions import MOST_READ, Object, pair_up
from distserver.intake.ipp.notification.wish import OF_JOB, OF_PRINTER, OF_SYSTEM, Offer, read_lease, read_wish
from distserver.intake.ipp.rim import Rim
from distserver.store.subscriptions import Subscription
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.enums import Operation, Status
from distwire.ipp.requested import get_limit, get_requested, select_attributes
from distwire.ipp.service import Call, Handled, Handler, Refusal, Reply
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import UNSUPPORTED, integer

HOLD_SECONDS = 30.0
"""How long an answer is held for a client that waits."""
ASK_AGAIN, COME_BACK = 10, 5
"""`notify-get-interval` for who asks now and then, and for who waits."""
_MOST_IDS = 500
_MOST_LISTED = 1000


class SubscriptionOperations:
    """Handlers. Subscriptions have one numbering for the whole server: any of its printers is asked for any of them."""

    def __init__(self, rim: Rim) -> None:
        self._rim = rim
        self._subscriptions = rim.subscribing.subscriptions
        self._waiting = rim.subscribing.waiting

    def handlers(self) -> dict[int, Handler]:
        return {
            Operation.CREATE_PRINTER_SUBSCRIPTIONS: lambda call: self.create_printer_subscriptions(
                move_user_name(call)
            ),
            Operation.CREATE_JOB_SUBSCRIPTIONS: lambda call: self.create_job_subscriptions(move_user_name(call)),
            Operation.CREATE_SYSTEM_SUBSCRIPTIONS: self.create_system_subscriptions,
            Operation.GET_SUBSCRIPTION_ATTRIBUTES: self.get_subscription_attributes,
            Operation.GET_SUBSCRIPTIONS: self.get_subscriptions,
            Operation.RENEW_SUBSCRIPTION: self.renew_subscription,
            Operation.CANCEL_SUBSCRIPTION: self.cancel_subscription,
            Operation.GET_NOTIFICATIONS: self.get_notifications,
        }

    def create_printer_subscriptions(self, call: Call) -> Reply:
        """Create-Printer-Subscriptions: events of a printer and of its jobs, those that the subscriber may see."""
        place = target_of(call).place
        if place is None:
            raise Refusal(Status.NOT_FOUND, "this is the system: use Create-System-Subscriptions")
        visitor = self._rim.gate.visitor(call)
        check_listener(visitor, self._rim.printers.find(place).access)
        reply = self._create(call, OF_PRINTER, Object(place.key, None, written_target(call)), visitor)
        if "notify-job-id" not in call.operation:
            return reply
        wrong = attribute("notify-job-id", UNSUPPORTED)
        status = Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES if reply.status == Status.OK else reply.status
        return Reply(status, reply.groups, (*reply.unsupported, wrong), reply.words)

    def create_system_subscriptions(self, call: Call) -> Reply:
        """Create-System-Subscriptions: events of all printers, and their coming and going (PWG 5100.22 §6.3.5)."""
        if target_of(call).place is not None:
            raise Refusal(Status.NOT_FOUND, "this is a printer: the system's URI ends in /ipp/system")
        visitor = self._rim.gate.visitor(call)
        if not visitor.known:
            raise NotSignedIn("sign in with your user name and password to subscribe to events of the system")
        return self._create(call, OF_SYSTEM, Object(SYSTEM, None, written_target(call)), visitor)

    def create_job_subscriptions(self, call: Call) -> Reply:
        """Create-Job-Subscriptions: events of a job that has not ended, and of its printer meanwhile."""
        visitor = self._rim.gate.visitor(call)
        number = self._job_id(call, target_of(call), visitor)
        if number is None:
            raise Refusal(Status.BAD_REQUEST, "the request names no job: notify-job-id is missing")
        found = self._rim.incoming.get(number, visitor.actor)
        if found.ended:
            raise Refusal(Status.NOT_POSSIBLE, f"job {number} has ended: nothing more will happen to it")
        place = Place.of_key(found.row.printer)
        return self._create(call, OF_JOB, Object(place.key, number, self._rim.origin(call).printer_uri(place)), visitor)

    def get_subscription_attributes(self, call: Call) -> Reply:
        """Get-Subscription-Attributes."""
        visitor, id_ = self._one(call)
        found = self._subscriptions.get(id_, visitor)
        return Reply(groups=(self._describe(found, get_requested(call.operation)),))

    def get_subscriptions(self, call: Call) -> Reply:
        """Get-Subscriptions: all for operators, their own for others."""
        target, visitor = target_of(call), self._rim.gate.visitor(call)
        place, number = target.place, self._job_id(call, target, visitor)
        if number is not None:
            self._rim.incoming.get(number, visitor.actor)
        elif place is not None:
            self._rim.printers.find(place)
        found = self._subscriptions.list(
            Object(SYSTEM if place is None else place.key, number, written_target(call)),
            visitor,
            mine=bool(call.operation.boolean("my-subscriptions")),
            limit=min(get_limit(call.operation) or _MOST_LISTED, _MOST_LISTED),
        )
        requested = get_requested(call.operation, ("notify-subscription-id",))
        return Reply(groups=tuple(self._describe(one, requested) for one in found))

    def renew_subscription(self, call: Call) -> Reply:
        """Renew-Subscription. The new lease may stand among the operation attributes too, where some clients put it."""
        visitor, id_ = self._one(call)
        group = call.request.group(GroupTag.SUBSCRIPTION)
        asked = group.find("notify-lease-duration") or call.operation.find("notify-lease-duration")
        seconds, as_asked = read_lease(asked)
        self._subscriptions.renew(id_, seconds, visitor)
        status = Status.OK if as_asked else Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
        granted = attribute("notify-lease-duration", integer(seconds))
        return Reply(status, (Group(GroupTag.SUBSCRIPTION, (granted,)),))

    def cancel_subscription(self, call: Call) -> Reply:
        """Cancel-Subscription."""
        visitor, id_ = self._one(call)
        self._subscriptions.cancel(id_, visitor)
        return Reply()

    def get_notifications(self, call: Call) -> Handled:
        """Get-Notifications. Who waits has the answer when there is something to tell, or after half a minute."""
        visitor, ids = self._rim.gate.visitor(call), call.operation.integers("notify-subscription-ids")
        if not 0 < len(ids) <= _MOST_IDS:
            raise Refusal(Status.BAD_REQUEST, f"notify-subscription-ids has to name 1 to {_MOST_IDS} subscriptions")
        wanted = pair_up(ids, call.operation.integers("notify-sequence-numbers"))
        wait = bool(call.operation.boolean("notify-wait"))
        reply, missing = self._read(wanted, visitor, COME_BACK if wait else ASK_AGAIN)
        if not wait or not missing or self._waiting.is_crowded(visitor.peer):
            return reply
        return self._wait(wanted, missing, visitor)

    async def _wait(self, wanted: Sequence[tuple[int, int]], missing: Mapping[int, int], visitor: Visitor) -> Reply:
        await self._waiting.wait(missing, HOLD_SECONDS, visitor.peer)
        if self._waiting.closed:  # no time to read: the client comes back to the next process
            return Reply(operation=self._operation(COME_BACK))
        try:
            reply, _ = await asyncio.to_thread(self._read, wanted, visitor, COME_BACK)
        except NotFound:  # they were canceled meanwhile
            return Reply(Status.OK_EVENTS_COMPLETE, operation=self._operation(None))
        return reply

    def _read(
        self, wanted: Sequence[tuple[int, int]], visitor: Visitor, interval: int
    ) -> tuple[Reply, Mapping[int, int]]:
        """What there is to tell; where it is nothing yet, by subscription the number of the event that is missing."""
        found, heard = self._subscriptions.read(wanted, visitor)
        by_id, house = {one.id: one for one in found}, self._rim.house
        groups = tuple(describe_notification(one, by_id[one.subscription], house) for one in heard)
        if all(one.ended is not None for one in found) and len(heard) < MOST_READ:
            return Reply(Status.OK_EVENTS_COMPLETE, groups, operation=self._operation(None)), {}
        first = dict(wanted)
        missing = {one.id: max(first[one.id], one.sequence + 1) for one in found if one.ended is None}
        return Reply(groups=groups, operation=self._operation(interval)), {} if heard else missing

    def _operation(self, interval: int | None) -> tuple[Attribute, ...]:
        time_up = attribute("printer-up-time", integer(up_time(self._rim.house, time.time())))
        return (time_up,) if interval is None else (attribute("notify-get-interval", integer(interval)), time_up)

    def _create(self, call: Call, offer: Offer, what: Object, visitor: Visitor) -> Reply:
        """One group in the answer for each in the request; what was not made says why (RFC 3995 §11.1.1.2)."""
        asked = tuple(call.request.groups_of(GroupTag.SUBSCRIPTION))
        if not asked:
            raise Refusal(Status.BAD_REQUEST, "the request has no group of subscription attributes")
        readings = [read_wish(group, offer) for group in asked]
        made = self._subscriptions.create([one.wish for one in readings], what, visitor)
        groups = tuple(answer_group(reading, id_) for reading, id_ in zip(readings, made, strict=True))
        if not any(made):
            words = self._subscriptions.rules.explain(groups)
            return Reply(Status.IGNORED_ALL_SUBSCRIPTIONS, groups, words=words)
        if not all_made(groups):
            return Reply(Status.OK_IGNORED_SUBSCRIPTIONS, groups, words=self._subscriptions.rules.explain(groups))
        return Reply(groups=groups)

    def _describe(self, one: Subscription, requested: frozenset[str]) -> Group:
        described = describe_subscription(one, self._rim.house, self._subscriptions.rules.clock())
        return Group(GroupTag.SUBSCRIPTION, select_attributes(described, requested, "subscription-description"))

    def _one(self, call: Call) -> tuple[Visitor, int]:
        target_of(call)
        id_ = call.operation.integer("notify-subscription-id")
        if id_ is None:
            raise Refusal(Status.BAD_REQUEST, "the request names no subscription: notify-subscription-id is missing")
        return self._rim.gate.visitor(call), id_

    def _job_id(self, call: Call, target: Target, visitor: Visitor) -> int | None:
        number = call.operation.integer("notify-job-id")
        if number is None and call.operation.string("job-uri") is not None:
            number = target.number
        if number is not None:
            check_guest(self._rim, visitor, number, target)
        return number
