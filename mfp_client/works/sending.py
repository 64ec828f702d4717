"""Carries out what waits in the outbox: nothing is lost before the server has accepted it, nothing is sent as two jobs.

An order is sent under its own key until the server has answered it. While the server is away all of them wait; an
order that the server refuses for good stays, with the server's words, until somebody changes or withdraws it.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from distwire.api.client import DocumentFile
from distwire.api.failures import ApiError, Refused, Unsendable
from distwire.api.jobs import Job
from mfp_client.memory.errors import Damaged, MemoryFault, NotStored, NotYours
from mfp_client.memory.outbox import Outbox
from mfp_client.memory.records import Asker, Sending, SendOrder, StoredDocument
from mfp_client.memory.store import ImageMemory
from mfp_client.works.backoff import Backoff
from mfp_client.works.faults import BeingSent, SignInNeeded, explain
from mfp_client.works.link import ServerLink
from mfp_client.works.orders import name_document, read_order
from mfp_client.works.waiting import Hindrance, WaitingOrder

_log = logging.getLogger(__name__)

_MOST_ORDERS = 10_000
_MOST_REMEMBERED = 1000
_IDLE_SECONDS = 30.0
_LATER_SECONDS = 10.0
_NOT_LOGGED_IN = 401


@dataclass(frozen=True, slots=True)
class Sent:
    """An order that the server has accepted, and the job that it became."""

    key: str
    image_id: int
    user: str
    job: Job


class Sender(threading.Thread):
    """Start it once. `told` is called with each order that was accepted, or got into another kind of trouble."""

    def __init__(
        self, memory: ImageMemory, link: ServerLink, told: Callable[[Sent | WaitingOrder], None] = lambda _one: None
    ) -> None:
        super().__init__(name="sender", daemon=True)
        self._memory = memory
        self._outbox = Outbox(memory)
        self._link = link
        self._told = told
        self._backoff = Backoff()
        self._changed = threading.Condition()
        self._woken = self._ended = False
        self._under_way = ""
        self._hindrances: dict[str, Hindrance] = {}
        self._sent: OrderedDict[str, Sent] = OrderedDict()
        self._withdrawn: set[str] = set()
        self._told_of: dict[str, str] = {}  # the trouble of an order that was told last

    def run(self) -> None:
        """Until `end`."""
        while not self._ended:
            try:
                pause = self._send_all()
            except MemoryFault as fault:  # the disk fails: what waits is still there when it works again
                _log.warning("what waits cannot be read: %s", fault)
                pause = _LATER_SECONDS
            with self._changed:
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._woken or self._ended, pause)
                self._woken = False

    def wake(self) -> None:
        """Try at once: an order has come, the server is back, somebody has logged in, or the paper says so."""
        with self._changed:
            self._backoff.succeed()
            self._hindrances = {key: one for key, one in self._hindrances.items() if one.final}
            self._woken = True
            self._changed.notify_all()

    def end(self) -> None:
        """Stop after the order that is under way."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def list_waiting(self, asker: Asker) -> list[WaitingOrder]:
        """Orders that wait: the asker's own, and those for documents that they may change."""
        orders = [self._describe(one) for one in self._outbox.list_waiting(limit=_MOST_ORDERS)]
        return [one for one in orders if one is not None and one.may_change(asker)]

    def count_waiting(self) -> int:
        """How many orders wait."""
        return len(self._outbox.list_waiting(limit=_MOST_ORDERS))

    def withdraw(self, key: str, asker: Asker) -> bool:
        """Give an order up; its document stays. False when it does not wait any more: it is done, or withdrawn already.
        Raises `NotYours`, and `BeingSent` while it is on its way, where nobody knows whether the server has it."""
        found = self._find(key)
        if found is None:
            return False
        if not found.may_change(asker):
            raise NotYours("the order is somebody else's")
        with self._changed:
            if key == self._under_way:
                raise BeingSent
            if self.find_waiting(key) is None:  # the server has taken it just now
                return False
            self._outbox.withdraw(key, Asker(asker.name, operator=True))
            self._withdrawn.add(key)
            self._hindrances.pop(key, None)
            self._changed.notify_all()
        return True

    def replace(self, key: str, order: SendOrder) -> str | None:
        """Let another order wait in the place of one; its key, None when the one is done or withdrawn. Raises
        `BeingSent` as `withdraw`: else the server would make two jobs of it."""
        with self._changed:
            if key == self._under_way:
                raise BeingSent
            made = self._outbox.replace(key, Asker(operator=True), order)
            self._hindrances.pop(key, None)
        return None if made is None else made.key

    def is_withdrawn(self, key: str) -> bool:
        """Whether an order was given up since this program began."""
        return key in self._withdrawn

    def find_waiting(self, key: str) -> Sending | None:
        """An order that waits, as the outbox has it."""
        return self._outbox.find(key)

    def find_sent(self, key: str) -> Sent | None:
        """What an order has become, if it was accepted since this program began."""
        return self._sent.get(key)

    def find_hindrance(self, key: str) -> Hindrance | None:
        """What an order waits for, as far as it was tried."""
        return self._hindrances.get(key)

    def await_change(self, keys: Iterable[str], seconds: float) -> None:
        """Return when one of these orders was accepted or hindered, or after so long."""
        wanted = set(keys)
        before = {key: self._hindrances.get(key) for key in wanted}

        def is_changed() -> bool:
            return self._ended or any(key in self._sent or self._hindrances.get(key) != before[key] for key in wanted)

        with self._changed:
            self._changed.wait_for(is_changed, seconds)

    def _send_all(self) -> float:
        """Try each that may be tried now; seconds until the next time."""
        next_time = math.inf
        waiting = self._outbox.list_waiting(limit=_MOST_ORDERS)
        self._forget({one.key for one in waiting})
        for sending in waiting:
            known = self._hindrances.get(sending.key)
            if self._ended or (known is not None and time.monotonic() < known.until):
                next_time = min(next_time, known.until) if known is not None else next_time
                continue
            with self._changed:
                self._under_way = sending.key
            hindrance = self._try(sending)
            with self._changed:
                self._under_way = ""
            if hindrance is not None:
                self._hinder(sending.key, hindrance)
                next_time = min(next_time, hindrance.until)
                if hindrance.of_all:
                    self._hinder_rest(waiting, hindrance)
                    break
        return max(0.0, min(_IDLE_SECONDS, next_time - time.monotonic()))  # sending may have taken long

    def _try(self, sending: Sending) -> Hindrance | None:
        """Carry one order out; what stands in the way, None when it is accepted or was withdrawn."""
        accepted: list[Job] = []

        def deliver(sending: Sending, document: StoredDocument, file: BinaryIO) -> str:
            accepted.append(self._deliver(sending, document, file))
            return accepted[0].id

        try:
            self._outbox.send(sending, deliver)
        except NotStored:
            return None
        except (ApiError, SignInNeeded, MemoryFault) as error:
            if not accepted or self._find(sending.key) is not None:
                return self._judge(error)  # accepted, but not noted: it is sent again, and is the same job
        except Exception:  # noqa: BLE001 - whatever it was, the other orders are sent
            _log.exception("document %d cannot be sent", sending.id)
            words = "something went wrong in the device: its log says what"
            return Hindrance("works-error", words, time.monotonic() + _LATER_SECONDS)
        self._note_sent(sending, accepted[0])
        return None

    def _deliver(self, sending: Sending, document: StoredDocument, file: BinaryIO) -> Job:
        text = read_order(sending.order.request)
        if text is None:
            raise Refused(400, "order-damaged", "the order cannot be read any more: withdraw it, and send anew")
        if sending.order.server != self._link.url:
            words = f"the order is for {sending.order.server}, which is not the server of this device any more"
            raise Refused(400, "another-server", words)
        found = DocumentFile(Path(f"/proc/self/fd/{file.fileno()}"), name_document(document))
        return self._link.submit(text.user, text.form, found, sending.key)

    def _judge(self, error: Exception) -> Hindrance:
        """What an error means for an order: whether it is worth trying again, and when."""
        keyword, words, facts = explain(error)
        now = time.monotonic()
        if isinstance(error, SignInNeeded):
            return Hindrance(keyword, words, now + _IDLE_SECONDS * 10)
        if isinstance(error, Refused):
            if error.status == _NOT_LOGGED_IN:
                words = "the server does not take this device any more: enrol it again"
                return Hindrance("device-refused", words, now + _IDLE_SECONDS * 10, of_all=True)
            if error.keyword == "account-limit-reached" and error.retry_after is None:
                return Hindrance(keyword, words, math.inf)
            if error.later:
                return Hindrance(keyword, words, now + max(1.0, error.retry_after or _LATER_SECONDS))
            return Hindrance(keyword, words, math.inf, facts=facts)
        if isinstance(error, Damaged):
            return Hindrance(keyword, words, math.inf)
        if isinstance(error, MemoryFault | Unsendable):
            return Hindrance(keyword, words, now + _LATER_SECONDS)
        return Hindrance(keyword, words, now + self._backoff.fail(), of_all=True)

    def _note_sent(self, sending: Sending, job: Job) -> None:
        text = read_order(sending.order.request)
        sent = Sent(sending.key, sending.id, text.user if text else "", job)
        with self._changed:
            self._backoff.succeed()
            self._hindrances.pop(sending.key, None)
            self._sent[sending.key] = sent
            while len(self._sent) > _MOST_REMEMBERED:
                self._sent.popitem(last=False)
            self._changed.notify_all()
        self._told(sent)

    def _hinder(self, key: str, hindrance: Hindrance) -> None:
        with self._changed:
            self._hindrances[key] = hindrance
            self._changed.notify_all()
        if self._told_of.get(key) != hindrance.keyword:
            self._told_of[key] = hindrance.keyword
            order = self._find(key)
            if order is not None:
                self._told(order)

    def _hinder_rest(self, waiting: list[Sending], hindrance: Hindrance) -> None:
        """The server is away: that is so for all who wait for it and are not hindered otherwise."""
        for sending in waiting:
            known = self._hindrances.get(sending.key)
            if known is None or known.of_all:
                self._hinder(sending.key, hindrance)

    def _forget(self, keys: set[str]) -> None:
        with self._changed:
            self._hindrances = {key: one for key, one in self._hindrances.items() if key in keys}
        self._told_of = {key: keyword for key, keyword in self._told_of.items() if key in keys}

    def _find(self, key: str) -> WaitingOrder | None:
        sending = self.find_waiting(key)
        return None if sending is None else self._describe(sending)

    def _describe(self, sending: Sending) -> WaitingOrder | None:
        try:
            document = self._memory.find(sending.id, Asker(operator=True), unclosed=True, expired=True)
        except MemoryFault:
            return None
        text = read_order(sending.order.request)
        return WaitingOrder(
            key=sending.key,
            document=document,
            since=sending.since,
            user=text.user if text else "",
            to=tuple(text.to) if text else (),
            title=(text.form.title if text else None) or document.draft.title,
            hindrance=self._hindrances.get(sending.key),
        )
