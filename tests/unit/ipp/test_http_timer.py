"""The timer of a connection's deadlines, on both loops: uvloop's handles do not always say when they ring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from distwire.ipp.http_timer import LazyTimer

_LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("loop", _LOOPS)
def test_a_deadline_may_be_told_again_and_again(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def watch() -> None:
        here, rung = asyncio.get_running_loop(), asyncio.Event()
        timer = LazyTimer(here, rung.set)
        due = here.time() + 0.0002
        for after in (0.0, 0.0001, -0.0001, 0.00005):
            timer.watch(due + after)
        await rung.wait()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(watch())


@pytest.mark.parametrize("loop", _LOOPS)
def test_it_rings_no_more_once_it_is_cancelled(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def watch() -> None:
        here, rung = asyncio.get_running_loop(), asyncio.Event()
        timer = LazyTimer(here, rung.set)
        timer.watch(here.time() + 0.01)
        timer.cancel()
        await asyncio.sleep(0.05)
        assert not rung.is_set()
        timer.watch(here.time())
        await rung.wait()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(watch())
