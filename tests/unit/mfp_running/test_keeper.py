"""What is kept running: real processes that are killed, that end by themselves, and that do not want to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mfp_client.running.keeper import Program, find_pause, keep_running
from tests.support.processes import is_alive

_WRITE = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


@contextlib.asynccontextmanager
async def _kept(words: str, diary: Path, grace: float = 10.0) -> AsyncIterator[None]:
    program = Program("test", [sys.executable, "-c", words, str(diary)], {}, grace)
    task = asyncio.create_task(keep_running(program))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _wait_for_starts(diary: Path, count: int) -> list[int]:
    async with asyncio.timeout(60):
        while not diary.exists() or len(diary.read_text().splitlines()) < count:
            await asyncio.sleep(0.02)
    return [int(line) for line in diary.read_text().splitlines()]


async def test_it_is_started_again_when_it_is_killed_and_ended_with_us(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    async with _kept(_WRITE + "time.sleep(600)", diary):
        (first,) = await _wait_for_starts(diary, 1)
        os.kill(first, signal.SIGKILL)
        _, second = await _wait_for_starts(diary, 2)
        assert is_alive(second)
    assert not is_alive(second)


@pytest.mark.parametrize("end", ["sys.exit(0)", "sys.exit(3)"])
async def test_it_is_started_again_however_it_ends(tmp_path: Path, end: str) -> None:
    diary = tmp_path / "diary"
    async with _kept(_WRITE + end, diary):
        assert len(set(await _wait_for_starts(diary, 3))) == 3


async def test_what_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    async with _kept(_STUBBORN + _WRITE + "time.sleep(600)", diary, grace=0.2):
        (pid,) = await _wait_for_starts(diary, 1)
    assert not is_alive(pid)


def test_the_pauses_grow_up_to_a_limit() -> None:
    pauses = [find_pause(deaths) for deaths in range(12)]
    assert pauses[:3] == [0.0, 0.5, 1.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-2] == 15.0
