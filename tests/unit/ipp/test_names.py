"""N4: a name server that is silent holds up those names, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from distwire.ipp.client import Endpoint, IppClient
from distwire.ipp.endpoint import Patience
from distwire.ipp.failures import UnknownHost
from distwire.ipp.names import Names

FOUND = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 631))
MANY = 60


class NameServer:
    """Answers for every host but those whose names begin with `silent`, until it `speaks`."""

    def __init__(self) -> None:
        self.speaks = threading.Event()
        self.asked: list[str] = []

    def answer(self, host: str, _port: int, *_: object, **__: object) -> list[Any]:
        self.asked.append(host)
        if host.startswith("silent"):
            self.speaks.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "nobody answers")
        return [FOUND]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    made = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", made.answer)
    yield made
    made.speaks.set()


async def test_names_that_nobody_answers_hold_up_neither_others_nor_the_loops_own_threads(server: NameServer) -> None:
    client, names = IppClient(), Names()
    silent = [Endpoint(f"ipp://silent{number}/", patience=Patience(connect=60)) for number in range(MANY)]
    waiting: list[asyncio.Task[object]] = [
        asyncio.create_task(client.get_printer_attributes(endpoint)) for endpoint in silent
    ]
    waiting += [asyncio.create_task(names.find(f"silent{number}", 631)) for number in range(MANY)]
    async with asyncio.timeout(30):
        while len(server.asked) < 2 * MANY:
            await asyncio.sleep(0.01)
        assert await asyncio.to_thread(lambda: "the database's work") == "the database's work"
        assert await names.find("well", 631) == [(socket.AF_INET, ("192.0.2.7", 631))]
    server.speaks.set()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(end) for end in ends} == {UnknownHost, socket.gaierror}
    await client.close()


async def test_a_host_that_many_want_is_asked_for_once(server: NameServer) -> None:
    names = Names()
    first, *others = [asyncio.create_task(names.find("silent", 631)) for _ in range(50)]
    await asyncio.sleep(0)
    first.cancel()
    server.speaks.set()
    ends = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError] + [socket.gaierror] * 49
    assert server.asked == ["silent"]


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
async def test_an_address_needs_no_asking(server: NameServer, address: str) -> None:
    ((_, place),) = await Names().find(address, 631)
    assert (place, server.asked) == ((address, 631), [])
