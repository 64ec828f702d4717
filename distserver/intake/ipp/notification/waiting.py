"""Clients that wait for events: all in one loop, woken by one look at the store for all of them (RFC 3996 §5.2).

Who waits costs a connection and a future. What has changed is found by `look`, which runs in a thread twice a second;
where nobody has subscribed it is one small question to the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from distserver.errors import LaterError

log = logging.getLogger(__name__)

MOST_WAITING, MOST_OF_PEER = 384, 64
"""Further ones, in all and from one address, are told to come back: printing clients need connections too."""
_LOOK_SECONDS = 0.5
_TURNS = 5
"""Of the loop, until what a waiter answers has left the hands of all who hand it on."""

Look = Callable[[frozenset[int]], Mapping[int, int]]
"""Tells what has changed; answers for the subscriptions that somebody waits at the numbers of their newest events.
Those that are not in the answer have ended."""


class Waiting:
    """Of one process; its methods belong to one loop."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._waiters: dict[int, set[_Waiter]] = defaultdict(set)
        self._count = 0
        self._peers: Counter[str] = Counter()
        self.closed = False

    def is_crowded(self, peer: str) -> bool:
        """No further client may wait, or none from this address. May be asked from any thread."""
        return self.closed or self._count >= MOST_WAITING or self._peers[peer] >= MOST_OF_PEER

    async def watch(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            waited = frozenset(id_ for id_, waiters in self._waiters.items() if waiters)
            try:
                self._wake(waited, await asyncio.to_thread(self._look, waited))
            except LaterError as error:
                log.debug("events-unseen", {"error": str(error)})
            except Exception:
                log.exception("events-untold")
            await asyncio.sleep(_LOOK_SECONDS)

    async def wait(self, wanted: Mapping[int, int], seconds: float, peer: str = "") -> None:
        """Until one of these subscriptions has an event of that number or a later one, or has ended, or time is up."""
        if self.is_crowded(peer):
            return
        waiter = _Waiter(wanted)
        self._count += 1
        self._peers[peer] += 1
        for id_ in wanted:
            self._waiters[id_].add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter.news.wait()
        except TimeoutError:
            pass
        finally:
            self._count -= 1
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]
            for id_ in wanted:
                self._waiters[id_].discard(waiter)
                if not self._waiters[id_]:
                    del self._waiters[id_]

    async def close(self) -> None:
        """Let all go, and nobody wait any more. When this returns, their answers are on their way."""
        self.closed = True
        for waiters in list(self._waiters.values()):
            for one in waiters:
                one.news.set()
        turns = _TURNS
        while turns:
            await asyncio.sleep(0)
            turns -= not self._count

    def _wake(self, waited: frozenset[int], newest: Mapping[int, int]) -> None:
        for id_ in waited:
            for one in self._waiters.get(id_, ()):
                if id_ not in newest or newest[id_] >= one.wanted[id_]:
                    one.news.set()


class _Waiter:
    """One client; equal to itself alone."""

    __slots__ = ("news", "wanted")

    def __init__(self, wanted: Mapping[int, int]) -> None:
        self.wanted = wanted
        self.news = asyncio.Event()
