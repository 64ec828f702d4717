"""Calls in threads that a coroutine waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from distwire.ipp.thread_step import run_in_thread


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


async def test_the_answer_comes_from_a_thread(executor: ThreadPoolExecutor) -> None:
    assert await run_in_thread(executor, threading.get_ident) != threading.get_ident()


async def test_an_error_is_raised_where_it_is_waited_for(executor: ThreadPoolExecutor) -> None:
    def fail() -> None:
        raise KeyError("no")

    with pytest.raises(KeyError, match="no"):
        await run_in_thread(executor, fail)


async def test_who_is_cancelled_waits_for_the_end(executor: ThreadPoolExecutor) -> None:
    begun, go = threading.Event(), threading.Event()
    ended = []

    def work() -> None:
        begun.set()
        go.wait(30)
        ended.append(True)

    task = asyncio.create_task(run_in_thread(executor, work))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    done, _ = await asyncio.wait((task,), timeout=0.1)
    assert (done, ended) == (set(), [])
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended


async def test_who_is_cancelled_twice_does_not_wait(executor: ThreadPoolExecutor) -> None:
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(30)

    task = asyncio.create_task(run_in_thread(executor, work))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()


async def test_an_executor_that_is_closed_says_so() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError):
        await run_in_thread(executor, int)
