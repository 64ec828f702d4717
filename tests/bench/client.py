"""CPU of a delivery by the IPP client (Create-Job, Send-Document) beside a bare socket's Print-Job of the same bytes.

The sink has an address for each printer, as life has: no two deliveries share a connection.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from distwire.ipp import Group, GroupTag, Operation, attribute, encode_message, make_message
from distwire.ipp import values as v
from distwire.ipp.client import DocumentFile, Endpoint, IppClient

SIZE = 663_274
AT_ONCE = 32
PRINTERS = 300
Place = tuple[str, int]


class Sink(asyncio.Protocol):
    """As little of a printer as can be: counts a request's octets and says yes, with a job where one is made."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._head = b""
        self._left = -1

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            head, data = self._head[:end].lower(), self._head[end:]
            self._left = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if b"100-continue" in head:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._left -= len(data)
        if self._left <= 0:
            self._head, self._left = b"", -1
            self._transport.write(Sink.answer)


async def serve_sink() -> None:
    """A printer on each of many addresses of the loopback, for no two deliveries share a connection in life."""
    loop = asyncio.get_running_loop()
    job = [
        attribute("job-id", v.integer(7)),
        attribute("job-uri", v.uri("ipp://127.0.0.1/jobs/7")),
        attribute("job-state", v.enum(3)),
        attribute("job-state-reasons", v.keyword("none")),
    ]
    body = encode_message(make_message(0, 1, [], [Group(GroupTag.JOB, job)]))
    Sink.answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )
    places = []
    for number in range(PRINTERS):
        host = f"127.0.{1 + number // 200}.{1 + number % 200}"
        server = await loop.create_server(Sink, host, 0)
        places.append((host, server.sockets[0].getsockname()[1]))
    print(json.dumps(places), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


class BarePrintJob(asyncio.Protocol):
    """What a delivery costs at least: connect, write, see the answer's head."""

    def __init__(self, parts: tuple[bytes, bytes], done: asyncio.Future[None]) -> None:
        self._parts, self._done = parts, done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        for part in self._parts:
            transport.write(part)

    def data_received(self, data: bytes) -> None:
        assert data.startswith(b"HTTP/1.1 200")
        self._done.set_result(None)
        self._transport.close()


JOB = [attribute("requesting-user-name", v.name("head office")), attribute("job-name", v.name("bench"))]
TICKET = [attribute("copies", v.integer(1)), attribute("sides", v.keyword("two-sided-long-edge"))]
FORMAT = [attribute("document-format", v.mime_type("application/pdf"))]


async def send_bare(document: bytes, place: Place) -> None:
    """One Print-Job whose attributes were encoded for it."""
    host, port = place
    loop = asyncio.get_running_loop()
    target = [attribute("printer-uri", v.uri(f"ipp://{host}:{port}/ipp/print")), *JOB, *FORMAT]
    message = encode_message(make_message(Operation.PRINT_JOB, 1, target, [Group(GroupTag.JOB, TICKET)]))
    head = (
        b"POST /ipp/print HTTP/1.1\r\nHost: %b:%d\r\nContent-Type: application/ipp\r\nContent-Length: %d\r\n\r\n%b"
        % (
            host.encode(),
            port,
            len(message) + len(document),
            message,
        )
    )
    done: asyncio.Future[None] = loop.create_future()
    await loop.create_connection(lambda: BarePrintJob((head, document), done), host, port)
    await done


async def send_ours(client: IppClient, document: DocumentFile, place: Place) -> None:
    """One delivery as the channel makes it."""
    endpoint = Endpoint(f"ipp://{place[0]}:{place[1]}/ipp/print")
    created = await client.create_job(endpoint, JOB, TICKET)
    job = created.job.integer("job-id")
    assert job is not None
    sent = await client.send_document(endpoint, job, [JOB[0], *FORMAT], document)
    assert sent.ok


async def measure(places: list[Place], count: int, send: Callable[[Place], Awaitable[None]]) -> float:
    """CPU milliseconds for each of `count` deliveries, some at once."""
    begin, todo = time.process_time(), iter(places[i % len(places)] for i in range(count))

    async def work() -> None:
        for place in todo:
            await send(place)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return (time.process_time() - begin) / count * 1000


async def run(places: list[Place], count: int, rounds: int, size: int, path: Path) -> dict[str, float]:
    """Both, in turns; the median of each."""
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    path.write_bytes(content)
    found: dict[str, list[float]] = {"bare": [], "ours": []}
    for number in range(rounds + 1):
        bare = await measure(places, count, partial(send_bare, content))
        client = IppClient()
        ours = await measure(places, count, partial(send_ours, client, DocumentFile(path, size)))
        await client.close()
        if number:  # the first round warms up
            found["bare"].append(bare)
            found["ours"].append(ours)
            print(f"{bare:>10.3f}{ours:>10.3f}{ours / bare:>8.2f}", flush=True)
    return {name: round(statistics.median(values), 4) for name, values in found.items()}


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object."""
    parser = argparse.ArgumentParser(prog="deploy/bench client", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--count", type=int, default=300, help="deliveries of a round")
    parser.add_argument("--size", type=int, default=SIZE, help="octets of the document")
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.sink:
        asyncio.run(serve_sink())
        return 0
    command = [sys.executable, "-m", "tests.bench.client", "--sink"]
    with (
        tempfile.TemporaryDirectory(prefix="client-") as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink,
    ):
        assert sink.stdin is not None
        assert sink.stdout is not None
        places = [(host, port) for host, port in json.loads(sink.stdout.readline())]
        print(f"{'bare ms':>10}{'ours ms':>10}{'ratio':>8}   CPU of a delivery of {given.size} octets")
        rounds = 2 if given.quick else 7
        found = asyncio.run(run(places, given.count, rounds, given.size, Path(folder, "document")))
        sink.stdin.close()
    print(
        json.dumps(
            {**found, "ratio": round(found["ours"] / found["bare"], 2), "count": given.count, "size": given.size}
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
