"""The least that a broadcast can cost: one connection and one ready-made Print-Job for each printer, and no server.

    python -m tests.support.floor PORT FIRST COUNT FILE

sends FILE to COUNT printers of a sink, all at once, waits for every answer, and prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from distwire.ipp import MEDIA_TYPE, Operation, attribute, encode_message, make_message
from distwire.ipp.values import mime_type, name, uri

_ROOT = Path(__file__).resolve().parents[2]


def measure_floor(port: int, first: int, count: int, path: Path) -> dict[str, Any]:
    """Run the client in a process of its own: `wall_s` from before the first connection until the last answer, `cpu_s`
    of the client alone."""
    command = [sys.executable, "-m", "tests.support.floor", str(port), str(first), str(count), str(path)]
    done = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, timeout=600)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["ok"] != count:
        raise RuntimeError(f"the floor's client got {found['ok']} good answers of {count}")
    return found


class _Client(asyncio.Protocol):
    """Writes a request, and reads until the whole answer is there. `status` is the IPP status of it."""

    def __init__(self, head: bytes, document: bytes) -> None:
        self._head = head
        self._document = document
        self._answer = b""
        self.status = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._head)
        transport.write(self._document)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]) if found else 0
        if found and len(body) >= length:
            self.status.set_result(int.from_bytes(body[2:4]))
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.status.done():
            self.status.set_exception(exc or ConnectionError("closed before the answer"))


def _make_head(port: int, number: int, length: int) -> bytes:
    path = f"/ipp/print/{number:04}"
    message = make_message(
        Operation.PRINT_JOB,
        number,
        (
            attribute("printer-uri", uri(f"ipp://127.0.0.1:{port}{path}")),
            attribute("requesting-user-name", name("floor")),
            attribute("job-name", name("floor")),
            attribute("document-format", mime_type("application/pdf")),
        ),
    )
    body = encode_message(message)
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body) + length}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


async def _send(port: int, heads: list[bytes], document: bytes) -> list[int]:
    loop = asyncio.get_running_loop()

    async def send_one(head: bytes) -> int:
        _, client = await loop.create_connection(lambda: _Client(head, document), "127.0.0.1", port)
        status: int = await client.status
        return status

    return await asyncio.gather(*(send_one(head) for head in heads))


def main() -> None:
    """The heads are made beforehand: they are not what is measured."""
    port, first, count = (int(word) for word in sys.argv[1:4])
    document = Path(sys.argv[4]).read_bytes()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    heads = [_make_head(port, number, len(document)) for number in range(first, first + count)]
    wall, cpu = time.monotonic(), time.process_time()
    found = asyncio.run(_send(port, heads, document))
    told = {"wall_s": time.monotonic() - wall, "cpu_s": time.process_time() - cpu, "ok": found.count(0)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
