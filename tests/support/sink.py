"""An IPP sink for benchmarks: thousands of printers on one port of the loopback, in a process of its own, as fast as a
socket is. Every path `/ipp/print/NAME` is a printer; what arrives is hashed, counted and forgotten.

    with run_sink(RASTER_ONLY) as sink:
        ... send to sink.uri(1), sink.uri(2) ...
        sink.wait(2)["distinct_digests"]

Control by HTTP GET: /stats, /reset, /wait?n=100&timeout=60 (answers at once when n documents are whole), /seen?p=0001.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import resource
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.sink_description import EVERYWHERE, RASTER_ONLY, encode_description, encode_marks
from tests.support.sink_printers import FOLDER, Printers
from tests.support.sink_tally import Tally
from tests.support.sink_wire import BUFFER_SIZE, SinkConnection

__all__ = ["EVERYWHERE", "RASTER_ONLY", "Sink", "run_sink"]

_ROOT = Path(__file__).resolve().parents[2]
_BACKLOG = 4096
_JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink. What the calls answer is `Tally.report`."""

    port: int
    pid: int

    def uri(self, number: int) -> str:
        """The address of a printer."""
        return f"ipp://127.0.0.1:{self.port}/ipp/print/{number:04}"

    def stats(self) -> dict[str, Any]:
        """The counters now."""
        return self._get("/stats")

    def reset(self) -> None:
        """Set the counters to nothing and forget all jobs."""
        self._get("/reset")

    def wait(self, documents: int, timeout: float = 600.0) -> dict[str, Any]:
        """The counters as soon as so many documents are whole. Raises `TimeoutError` when they do not come."""
        found = self._get(f"/wait?n={documents}&timeout={timeout}", timeout + 30)
        if found["documents"] < documents:
            raise TimeoutError(f"{found['documents']} of {documents} documents came in {timeout:.0f} s: {found}")
        return found

    def first_seen(self, number: int) -> float | None:
        """`time.monotonic()` of the first request to a printer."""
        at: float | None = self._get(f"/seen?p={number:04}")["at"]
        return at

    def _get(self, path: str, timeout: float = 60.0) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found


@contextlib.contextmanager
def run_sink(formats: Sequence[str] = EVERYWHERE) -> Iterator[Sink]:
    """A sink whose printers take `formats`, for as long as the block runs."""
    command = [sys.executable, "-m", "tests.support.sink", "--formats", ",".join(formats)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Sink(json.loads(process.stdout.readline())["port"], process.pid)
        finally:
            process.terminate()


class _Control:
    """GET requests."""

    def __init__(self, tally: Tally, printers: Printers) -> None:
        self._tally = tally
        self._printers = printers

    def __call__(self, connection: SinkConnection, path: str, query: dict[str, list[str]]) -> None:
        if path == "/wait":
            self._wait(connection, int(query["n"][0]), float(query.get("timeout", ["600"])[0]))
            return
        found: dict[str, Any] = {}
        if path == "/seen":
            found = {"at": self._tally.seen.get(FOLDER + query["p"][0].encode())}
        elif path == "/reset":
            self._tally.reset()
            self._printers.forget_jobs()
        else:
            found = self._tally.report()
        connection.answer(json.dumps(found).encode(), _JSON)

    def _wait(self, connection: SinkConnection, documents: int, timeout: float) -> None:
        def tell() -> None:
            timer.cancel()
            connection.answer(json.dumps(self._tally.report()).encode(), _JSON)

        def give_up() -> None:
            self._tally.waiting.remove(entry)
            tell()

        entry = (documents, tell)
        timer = asyncio.get_running_loop().call_later(timeout, give_up)
        if self._tally.documents >= documents:
            tell()
        else:
            self._tally.waiting.append(entry)


async def _serve(port: int, formats: Sequence[str]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tally = Tally()
    buffer = memoryview(bytearray(BUFFER_SIZE))
    description, marks = encode_description(formats), encode_marks(formats)
    printers: Printers
    control: _Control
    server = await loop.create_server(
        lambda: SinkConnection(printers, buffer, control), "127.0.0.1", port, backlog=_BACKLOG
    )
    taken = server.sockets[0].getsockname()[1]
    printers = Printers(tally, f"127.0.0.1:{taken}", description, marks)
    control = _Control(tally, printers)
    print(json.dumps({"port": taken}), flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    """Serve until SIGTERM; the first line of the output tells the port."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.sink")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--formats", default=",".join(EVERYWHERE), help="MIME types, by commas")
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # nothing here makes cycles that grow, and a pause of the collector would be in the figures
    asyncio.run(_serve(given.port, given.formats.split(",")))


if __name__ == "__main__":
    main()
