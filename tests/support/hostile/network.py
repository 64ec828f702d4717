"""Hundreds of printers behind one port, all in one event loop, and the few that have a port of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote

from distwire.ipp.enums import JobState
from tests.support.hostile.doors import OwnPort
from tests.support.hostile.paper import Paper
from tests.support.hostile.printer import Printer
from tests.support.hostile.script import Script
from tests.support.hostile.wire import Wire

_RECEIVE_BUFFER = 64 << 10  # small: a printer that stops reading is to be felt by the sender soon


class Network:
    """Printers come into being when they are first named. All methods belong to the event loop that started it."""

    def __init__(self) -> None:
        self.paper = Paper()
        self.connections: set[Wire] = set()
        self.accepted = 0
        self.port = 0
        self._printers: dict[str, Printer] = {}
        self._doors: dict[str, OwnPort] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Future[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen on loopback; answers the port."""
        listening = socket.create_server(("127.0.0.1", port), backlog=1024)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        listening.setblocking(False)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._make_wire, sock=listening, backlog=1024)
        self.port = int(listening.getsockname()[1])
        return self.port

    async def stop(self) -> None:
        """Close every port and every connection."""
        for door in self._doors.values():
            door.close()
        if self._server is not None:
            self._server.close()
        for printer in self._printers.values():
            printer.restart()
            printer.play(Script())
        for task in self._tasks:
            task.cancel()
        for wire in list(self.connections):
            wire.abort()
        while self.connections:
            await asyncio.sleep(0)

    def find(self, name: str) -> Printer:
        """The printer of that name."""
        if name not in self._printers:
            self._printers[name] = Printer(name, self.paper)
        return self._printers[name]

    def uri(self, name: str) -> str:
        """`ipp://127.0.0.1:PORT/ipp/print/NAME`."""
        port = self._doors[name].port if name in self._doors else self.port
        return f"ipp://127.0.0.1:{port}/ipp/print/{quote(name)}"

    async def play(self, scripts: Mapping[str, Script]) -> dict[str, str]:
        """Give printers their scripts; answers their addresses. One that once had a door keeps its own port."""
        for name, script in scripts.items():
            self.find(name).play(script)
            if script.door is not None and name not in self._doors:
                self._doors[name] = OwnPort(self._make_wire)
            if name in self._doors:
                await self._doors[name].set(script.door)
        return {name: self.uri(name) for name in scripts}

    def show_jobs(self, name: str) -> list[dict[str, Any]]:
        """A printer's jobs as it knows them."""
        return [
            {
                "id": job.id,
                "name": job.name,
                "state": JobState(job.state).name.lower().replace("_", "-"),
                "reasons": list(job.reasons),
                "octets": job.octets,
                "whole": job.whole,
            }
            for job in self.find(name).jobs.values()
        ]

    async def control(self, method: str, path: str, query: str, body: bytes) -> bytes:
        """The test's own requests: POST scripts, POST reset, GET paper, GET jobs?printer=NAME, GET figures."""
        answer: Any = {}
        match method, path:
            case "POST", "scripts":
                answer = await self.play({k: Script.from_json(s) for k, s in json.loads(body).items()})
            case "POST", "reset":
                self.paper.clear()
                await self.play(dict.fromkeys(self._printers, Script()))
            case "GET", "paper":
                answer = self.paper.to_json()
            case "GET", "jobs":
                answer = self.show_jobs(parse_qs(query)["printer"][0])
            case "GET", "figures":
                requests = {name: printer.requests for name, printer in self._printers.items()}
                answer = {"connections": self.accepted, "open": len(self.connections), "requests": requests}
            case _:
                raise ValueError(f"no such control: {method} {path}")
        return json.dumps(answer).encode()

    def spawn(self, work: Awaitable[None]) -> None:
        """Run it beside."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _make_wire(self) -> Wire:
        self.accepted += 1
        return Wire(self)


@contextlib.asynccontextmanager
async def run_network() -> AsyncIterator[Network]:
    """A network in this event loop."""
    network = Network()
    await network.start()
    try:
        yield network
    finally:
        await network.stop()
