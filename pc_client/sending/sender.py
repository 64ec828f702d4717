"""Sends what waits: nothing is lost before the server has it, nothing becomes two jobs.

While the server is away all wait, and are tried again, later each time; what it refuses for good stays with its words.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from distwire.api.client import ApiClient, DocumentFile
from distwire.api.failures import ApiError, Refused
from distwire.api.jobs import Job
from pc_client.sending.order import Order
from pc_client.sending.outbox import Outbox, Trouble
from pc_client.server.keywords import AWAY, PC_REFUSED, name_error

log = logging.getLogger(__name__)

_FIRST_SECONDS, _MOST_SECONDS, _IDLE_SECONDS = 1.0, 60.0, 30.0


@dataclass(frozen=True, slots=True)
class Sent:
    """An order that the server has, and the job that it became."""

    order: Order
    job: str


def send_order(outbox: Outbox, client: ApiClient, order: Order) -> Sent | Trouble:
    """Try one order once; what came of it is noted in the outbox."""
    try:
        job = _submit(outbox, client, order)
        outbox.note_sent(order.key, job.id)
    except ApiError as error:
        trouble = judge(error)
    except OSError as error:
        trouble = Trouble("disk-error", f"this PC's disk does not take or give it: {error.strerror or error}")
    else:
        return Sent(order, job.id)
    known = outbox.find_job(order.key)
    if known is not None:  # another program of this account was quicker
        return Sent(order, known)
    outbox.note_trouble(order.key, trouble)
    return trouble


def _submit(outbox: Outbox, client: ApiClient, order: Order) -> Job:
    if order.server != client.url:
        words = f"the order is for {order.server}, which is not the server of this PC any more: withdraw it"
        raise Refused(400, "another-server", words)
    return client.submit(order.form, [DocumentFile(outbox.document_path(order.key), order.name)], order.key)


def judge(error: ApiError) -> Trouble:
    """What an error means for what waits."""
    keyword = name_error(error)
    if keyword == PC_REFUSED:
        return Trouble(keyword, "the server does not take this PC any more: enrol it again")
    return Trouble(keyword, str(error), isinstance(error, Refused) and not error.later)


class Sender(threading.Thread):
    """Start it once. `told` is called with each order and what came of it, when that changes."""

    def __init__(self, outbox: Outbox, client: ApiClient, told: Callable[[Order, Sent | Trouble], None]) -> None:
        super().__init__(name="sender", daemon=True)
        self._outbox = outbox
        self._client = client
        self._told = told
        self._last: dict[str, str] = {}
        self._failures = 0
        self._woken = threading.Event()
        self._ended = False

    def run(self) -> None:
        """Until `end`."""
        while not self._ended:
            try:
                pause = self._send_all()
            except OSError as error:
                log.warning("what waits cannot be looked at just now: %s", error)
                pause = _MOST_SECONDS
            self._woken.wait(pause)
            self._woken.clear()

    def wake(self) -> None:
        """Try at once: an order has come."""
        self._woken.set()

    def end(self) -> None:
        """Stop after the order that is under way."""
        self._ended = True
        self._woken.set()

    def _send_all(self) -> float:
        """Try each order once; seconds until the next time. Raises OSError."""
        waiting = False
        for order in self._outbox.list_orders():
            known = self._outbox.find_trouble(order.key)
            if self._ended or (known is not None and known.final):
                continue
            said = send_order(self._outbox, self._client, order)
            self._tell(order, said)
            if isinstance(said, Trouble) and not said.final:
                waiting = True
                if said.keyword == AWAY:
                    break
        self._failures = self._failures + 1 if waiting else 0
        return _make_pause(self._failures)

    def _tell(self, order: Order, said: Sent | Trouble) -> None:
        keyword = said.keyword if isinstance(said, Trouble) else "sent"
        if self._last.get(order.key) != keyword:
            self._last[order.key] = keyword
            log.info("%s: %s", order.title, keyword)
            try:
                self._told(order, said)
            except OSError as error:  # nobody hears it, which keeps no other order waiting
                log.warning("what became of %s cannot be told: %s", order.title, error)


def _make_pause(failures: int) -> float:
    """Longer each time, and not all PCs at the same instant."""
    if not failures:
        return _IDLE_SECONDS
    return min(_MOST_SECONDS, _FIRST_SECONDS * 2.0 ** min(failures - 1, 8)) * random.uniform(0.5, 1.0)  # noqa: S311
