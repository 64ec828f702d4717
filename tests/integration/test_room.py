"""Room in a worker: what waits for its device takes none from the others (D4, N2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from distserver.deliver.contract import Completed, DeliveryRequest, Outcome, Watch
from distserver.engine.dispatch import Room
from distserver.model.states import DeliveryState
from tests.support.bench import Bench, run_bench

_PATIENCE = 60.0


async def wait_until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not true():
            await asyncio.sleep(0.01)


def make_stuck(bench: Bench, released: asyncio.Event, *destinations: str) -> None:
    async def hang(request: DeliveryRequest, watch: Watch) -> Outcome:
        await released.wait()
        return Completed(pages=1)

    for destination in destinations:
        bench.channel.scripts[destination] = [hang]


@pytest.mark.parametrize(("lasting", "beside"), [(8, 2), (1, 1)])
async def test_stuck_devices_leave_room_to_the_others_up_to_a_bound(
    tmp_path: Path, database_url: str, lasting: int, beside: int
) -> None:
    """Room for two, and two devices that take the document and say nothing: the others go all the same."""
    names = [f"discard:{name}" for name in ("one", "two", "three", "four")]
    with run_bench(tmp_path, database_url, *names) as bench:
        bench.room = Room(2, 0, lasting=lasting, brief=0.05)
        bench.restart("worker-2")
        released = asyncio.Event()
        make_stuck(bench, released, *names)
        job = bench.office.submit()
        await bench.look()
        assert len(bench.dispatcher._running) == 2
        await wait_until(lambda: len(bench.dispatcher._lasting) == 2)
        await bench.look()
        assert len(bench.dispatcher._running) == 2 + beside
        released.set()
        rows = await bench.run(job.id)
        while any(row.state is not DeliveryState.COMPLETED for row in rows):
            rows = await bench.run(job.id)
        assert bench.dispatcher._lasting == set()
