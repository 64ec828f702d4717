"""Clients that wait for events: who is woken, and how many there may be (RFC 3996 §5.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from distserver.errors import StoreUnavailable
from distserver.intake.ipp.notification import waiting as module
from distserver.intake.ipp.notification.waiting import MOST_OF_PEER, MOST_WAITING, Waiting

_LONG = 3600.0


class Store:
    """What a look finds: by subscription the number of its newest event."""

    def __init__(self) -> None:
        self.newest: dict[int, int] = {1: 5, 2: 5}
        self.looked: list[frozenset[int]] = []
        self.broken: list[Exception] = []

    def look(self, waited: frozenset[int]) -> Mapping[int, int]:
        """See `waiting.Look`."""
        self.looked.append(waited)
        if self.broken:
            raise self.broken.pop()
        return {id_: self.newest[id_] for id_ in waited if id_ in self.newest}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.001)
    return Store()


async def test_whom_it_concerns_is_woken_and_nobody_else(store: Store) -> None:
    waiting = Waiting(store.look)
    watch = asyncio.create_task(waiting.watch())
    first = asyncio.create_task(waiting.wait({1: 6}, _LONG))
    both = asyncio.create_task(waiting.wait({1: 7, 2: 6}, _LONG))
    other = asyncio.create_task(waiting.wait({2: 7}, _LONG))
    while frozenset((1, 2)) not in store.looked:
        await asyncio.sleep(0.001)
    store.newest[1] = 6
    await first
    assert not both.done()
    store.newest[2] = 6
    await both
    assert not other.done()
    del store.newest[2]
    await other
    assert waiting._waiters == {}
    watch.cancel()


async def test_time_runs_out_and_clients_go(store: Store) -> None:
    waiting = Waiting(store.look)
    await waiting.wait({1: 6}, 0.001)
    gone = asyncio.create_task(waiting.wait({1: 6}, _LONG))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (waiting._waiters, waiting._peers) == ({}, {})


async def test_a_bad_look_is_not_the_last(store: Store) -> None:
    store.broken = [RuntimeError("nobody thought of it"), StoreUnavailable("away")]
    waiting = Waiting(store.look)
    watch = asyncio.create_task(waiting.watch())
    store.newest[1] = 6
    await waiting.wait({1: 6}, _LONG)
    assert store.broken == []
    watch.cancel()


async def test_so_many_wait_and_no_more(store: Store) -> None:
    """The others have their answer at once."""
    waiting = Waiting(store.look)
    tasks = [asyncio.create_task(waiting.wait({1: 6}, _LONG, str(at % 7))) for at in range(MOST_WAITING)]
    await asyncio.sleep(0)
    assert waiting.is_crowded("8")
    await waiting.wait({1: 6}, _LONG, "8")
    await waiting.close()
    await asyncio.gather(*tasks)
    assert waiting.is_crowded("8")


async def test_one_address_does_not_keep_out_the_others(store: Store) -> None:
    waiting = Waiting(store.look)
    tasks = [asyncio.create_task(waiting.wait({1: 6}, _LONG, "a")) for _ in range(MOST_OF_PEER)]
    await asyncio.sleep(0)
    assert (waiting.is_crowded("a"), waiting.is_crowded("b")) == (True, False)
    await waiting.close()
    await asyncio.gather(*tasks)
