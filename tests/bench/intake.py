"""Jobs coming in over IPP: jobs and octets a second against a bare gunicorn application and ippeveprinter, and memory.

The whole server takes part, with its workers delivering meanwhile; every job has a document of its own, which is looked
into, stored and synced. The bare application stores and syncs, and looks at nothing. ippeveprinter syncs nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from distwire.ipp.enums import Status
from tests.support.intake import (
    Contender,
    make_large_pdf,
    make_request,
    make_small_pdf,
    run_bare,
    run_eve,
    run_product,
)

Run = Callable[[Path], AbstractContextManager[Contender]]
CONTENDERS: dict[str, Run] = {"ours": run_product, "bare": run_bare, "ippeveprinter": run_eve}
"""Who is measured, in turns; `ours` is divided by each other one."""
LARGE = 100_000_000
AT_ONCE = 32
GOALS = {
    "jobs_vs_bare": (">=", 0.3),
    "bytes_vs_bare": (">=", 0.7),
    "jobs_vs_ippeveprinter": (">=", 1.0),
    "mb_1gb_vs_1mb": ("<=", 1.1),
}
_PRINTING = b"%04x" % Status.BUSY


def upload(port: int, path: str, size: int) -> float:
    """One document of so many octets over a connection of its own; seconds until its answer."""
    piece = bytes(range(256)) * 4096
    head, filled, tail = make_large_pdf(size)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        begun = time.perf_counter()
        sock.sendall(make_request(port, head, size, path=path))
        for at in range(0, filled, len(piece)):
            sock.sendall(memoryview(piece)[: filled - at])
        sock.sendall(tail)
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < 8:
            answer += sock.recv(1 << 16) or _fail(answer)
        _check(answer)
        return time.perf_counter() - begun


class Client(asyncio.Protocol):
    """Sends one job after the other, over one connection or each over its own; again where the printer is printing."""

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None], *, kept: bool) -> None:
        self._requests, self._done, self._kept = requests, done, kept
        self._answer, self._request = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send(next(self._requests, b""))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            return
        if body[2:4].hex().encode() == _PRINTING:
            self._send(self._request)
            return
        try:
            _check(self._answer)
        except RuntimeError as error:
            self._done.set_exception(error)
            return
        self._send(next(self._requests, b"") if self._kept else b"")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("closed before the answer"))

    def _send(self, request: bytes) -> None:
        self._answer, self._request = b"", request
        if request:
            self._transport.write(request)
        else:
            self._done.set_result(None)
            self._transport.close()


def _make_requests(port: int, path: str, count: int) -> Iterator[bytes]:
    """So many jobs, the document of each one different from all others ever sent."""
    whole = make_request(port, make_small_pdf(), path=path)
    mark = time.time_ns() // 1000
    return (whole[:-10] + b"%09d\n" % ((mark + number) % 10**9) for number in range(count))


async def _press(port: int, path: str, count: int, at_once: int, *, kept: bool) -> float:
    """Jobs a second: `count` of them, so many at once."""
    loop, requests = asyncio.get_running_loop(), _make_requests(port, path, count)
    left = count if not kept else at_once

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            done: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(partial(Client, requests, done, kept=kept), "127.0.0.1", port)
            await done

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return count / (time.perf_counter() - begun)


def _check(answer: bytes) -> None:
    """Accepted by HTTP, and by IPP."""
    if not answer.startswith(b"HTTP/1.1 200") or answer.partition(b"\r\n\r\n")[2][2:3] != b"\0":
        raise RuntimeError(f"refused: {answer[:400]!r}")


def _fail(answer: bytes) -> bytes:
    raise RuntimeError(f"closed after {answer[:80]!r}")


def _in_a_process(*words: object) -> float:
    """The client has a process to itself: what it costs is none of the server's time."""
    command = [sys.executable, "-m", "tests.bench.intake", "--client", *map(str, words)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_speed(folder: Path, rounds: int, count: int, at_once: int) -> dict[str, dict[str, float]]:
    """Medians for each contender: MB/s of a large document, requests/s over kept and over new connections."""
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(run(folder / name)) for name, run in CONTENDERS.items()}
        found: dict[str, dict[str, list[float]]] = {name: {"mb": [], "kept": [], "new": []} for name in running}
        print(f"{'':<14}{'MB/s':>9}{'kept/s':>9}{'new/s':>9}")
        for number in range(rounds + 1):
            for name, each in running.items():
                mb = LARGE / 1e6 / _in_a_process("upload", each.port, each.path, LARGE)
                kept = _in_a_process("kept", each.port, each.path, count, at_once)
                new = _in_a_process("new", each.port, each.path, count, at_once)
                if number:  # the first round warms up
                    found[name]["mb"].append(mb)
                    found[name]["kept"].append(kept)
                    found[name]["new"].append(new)
                    print(f"{name:<14}{mb:>9.0f}{kept:>9.0f}{new:>9.0f}", flush=True)
    return {name: {what: statistics.median(all_) for what, all_ in each.items()} for name, each in found.items()}


def measure_memory(folder: Path) -> tuple[float, float]:
    """Peak memory in MB of the process that takes jobs, of two servers: one that got 1 MB, one that got 1 GB."""
    peaks = []
    for size in (1_000_000, 1_000_000_000):
        with run_product(folder / f"memory-{size}") as server:
            _in_a_process("upload", server.port, server.path, size)
            peaks.append(server.peak_mb)
    return peaks[0], peaks[1]


def measure_idle(folder: Path, count: int = 500) -> float:
    """kB of the server for each connection that is kept and idle."""
    with run_product(folder / "idle") as server:
        for _ in range(3):
            _in_a_process("kept", server.port, server.path, 50, 8)
        before = server.memory_kb
        with contextlib.ExitStack() as stack:
            for number in range(count):
                sock = stack.enter_context(
                    socket.create_connection(
                        ("127.0.0.1", server.port), source_address=(f"127.0.1.{1 + number % 100}", 0)
                    )
                )
                sock.sendall(f"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
                if not sock.recv(4096).startswith(b"HTTP/1.1 200"):
                    raise RuntimeError("an idle client was turned away")
            return (server.memory_kb - before) / count


def _run_client(what: str, port: str, path: str, number: str, at_once: str = "1") -> None:
    if what == "upload":
        print(upload(int(port), path, int(number)))
    else:
        print(asyncio.run(_press(int(port), path, int(number), int(at_once), kept=what == "kept")))


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="deploy/bench intake", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--count", type=int, default=2000, help="jobs of a round")
    parser.add_argument("--clients", type=int, default=AT_ONCE, help="who send these at once")
    parser.add_argument("--dir", type=Path, help="where the spools are, instead of the folder for temporary files")
    parser.add_argument("--client", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.client:
        _run_client(*given.client)
        return 0
    rounds, count = (2, given.count // 4) if given.quick else (5, given.count)
    with tempfile.TemporaryDirectory(prefix="intake-", dir=given.dir) as name:
        speed = measure_speed(Path(name), rounds, count, given.clients)
        small, large = measure_memory(Path(name))
        idle = measure_idle(Path(name))
    ours = speed["ours"]
    ratios = {"mb_1gb_vs_1mb": large / small}
    for peer in speed.keys() - {"ours"}:
        ratios[f"bytes_vs_{peer}"] = ours["mb"] / speed[peer]["mb"]
        ratios[f"jobs_vs_{peer}"] = min(ours[each] / speed[peer][each] for each in ("kept", "new"))
    missed = [
        key for key, (sign, goal) in GOALS.items() if not (ratios[key] >= goal if sign == ">=" else ratios[key] <= goal)
    ]
    figures = {what: {key: round(value) for key, value in each.items()} for what, each in speed.items()}
    rounded = {key: round(value, 2) for key, value in ratios.items()}
    peaks = {"peak_mb_1mb": round(small, 1), "peak_mb_1gb": round(large, 1), "idle_kb": round(idle, 1)}
    print(json.dumps({**rounded, **peaks, "missed": missed, **figures}))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
