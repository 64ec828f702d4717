"""Clients that wait for events at a server that ends (RFC 3996 §5.2): they are told to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from distserver.intake.ipp.notification.waiting import Waiting
from distwire.ipp import Operation
from distwire.ipp.service import Call, Handled, Reply
from tests.support.ipp_rim import LOOK, make_head, read_answer, run_rim, status_of

_CLIENTS = 40
_LONG = 3600.0


def _nothing(_waited: frozenset[int]) -> Mapping[int, int]:
    return {}


async def test_all_have_their_answer_before_the_connections_are_closed() -> None:
    waiting = Waiting(_nothing)

    async def wait() -> Reply:
        await waiting.wait({1: 1}, _LONG)
        return Reply(words="come back")

    def handle(call: Call) -> Handled:
        del call
        return wait()

    async with run_rim(handlers={Operation.GET_PRINTER_ATTRIBUTES: handle}) as rim:
        clients = [await rim.connect() for _ in range(_CLIENTS)]
        for _, writer in clients:
            writer.write(make_head(len(LOOK)) + LOOK)
        while waiting._count < _CLIENTS:
            await asyncio.sleep(0.01)
        await waiting.close()
        closing = asyncio.create_task(rim.server.close())
        answers = await asyncio.gather(*(read_answer(reader) for reader, _ in clients))
        assert {status_of(answer) for answer in answers} == {0}
        assert all(b"come back" in answer for answer in answers)
        for _, writer in clients:
            writer.close()
        await closing
