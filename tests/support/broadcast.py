"""One broadcast through a whole server to a sink, timed from outside and paid for in CPU seconds of every process."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.costs import cpu_of_tree
from tests.support.postgres import PostgresServer
from tests.support.processes import Process
from tests.support.server import Server
from tests.support.sink import Sink

_START_SECONDS = 120.0
_END_SECONDS = 1800.0
_ENDED = ("completed", "aborted", "canceled")
_BOUNDARY = "a-boundary-of-the-bench"
_CONVERSIONS = re.compile(r"^distserver_conversions_total\{.*\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that was taken: seconds of the monotonic clock when its submission began and when it was answered."""

    job: str
    asked_at: float
    accepted_at: float


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What one cost. `wall_s` runs from the server's answer to the last whole document, `whole_s` from the submission;
    `cpu_s` is of all processes of the server until the job had ended, `database_s` of PostgreSQL beside it."""

    deliveries: int
    accept_s: float
    wall_s: float
    whole_s: float
    cpu_s: float
    database_s: float

    @property
    def cpu_each(self) -> float:
        """CPU seconds for a delivery, without PostgreSQL's."""
        return self.cpu_s / self.deliveries

    @property
    def cpu_each_in_all(self) -> float:
        """CPU seconds for a delivery, with PostgreSQL's."""
        return (self.cpu_s + self.database_s) / self.deliveries


@dataclass
class Station:
    """A server under measurement, the database it may have, and the document that it sends."""

    server: Server
    document: Path
    postgres: PostgresServer | None = None

    def add_group(self, name: str, addresses: Iterable[str]) -> None:
        """A group of these destinations, known to the server on return."""
        lines = [f"{address}; {name} {number}" for number, address in enumerate(addresses, 1)]
        self.server.write_group(f"{name}.rec", name, lines)
        deadline = time.monotonic() + _START_SECONDS
        while not self._knows(name, len(lines)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server does not see the group {name}")
            time.sleep(0.2)

    def _knows(self, name: str, count: int) -> bool:
        groups = json.loads(self.server.get("/api/v1/groups"))["groups"]
        return any(group["name"] == name and group["members"] == count for group in groups)

    def submit(self, **fields: str) -> Accepted:
        """Submit the document; `fields` are those of the API's form (group, destination, priority)."""
        local = json.loads((self.server.home / "tokens" / "local.json").read_text())
        body = _encode_form(fields, self.document)
        headers = {
            "Authorization": f"Bearer {local['token']}",
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
        }
        connection = http.client.HTTPConnection(urlsplit(local["url"]).netloc, timeout=600)
        try:
            asked_at = time.monotonic()
            connection.request("POST", "/api/v1/jobs", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            accepted_at = time.monotonic()
        finally:
            connection.close()
        if answer.status != 201:
            raise RuntimeError(f"the server answered {answer.status}: {text.decode()}")
        return Accepted(json.loads(text)["id"], asked_at, accepted_at)

    def broadcast(self, sink: Sink, group: str, count: int, **fields: str) -> Broadcast:
        """Send to a group of the sink's printers and wait for the end. Raises when anything is missing or double."""
        sink.reset()
        before, database = self.cpu(), self.database_cpu()
        accepted = self.submit(group=group, **fields)
        stats = sink.wait(count, _END_SECONDS)
        self.wait_for_end(accepted.job, count)
        check_arrivals(sink.stats(), count)
        return Broadcast(
            count,
            accepted.accepted_at - accepted.asked_at,
            stats["last_document_at"] - accepted.accepted_at,
            stats["last_document_at"] - accepted.asked_at,
            self.cpu() - before,
            self.database_cpu() - database,
        )

    def discard(self, group: str, count: int) -> Broadcast:
        """Send to a group of `discard:` destinations: all that is paid is the engine, the store and the acceptance."""
        before, database = self.cpu(), self.database_cpu()
        accepted = self.submit(group=group)
        self.wait_for_end(accepted.job, count)
        ended = time.monotonic()
        return Broadcast(
            count,
            accepted.accepted_at - accepted.asked_at,
            ended - accepted.accepted_at,
            ended - accepted.asked_at,
            self.cpu() - before,
            self.database_cpu() - database,
        )

    def wait_for_end(self, job: str, count: int) -> None:
        """Until all its deliveries are completed. Raises `RuntimeError` when some are not."""
        deadline = time.monotonic() + _END_SECONDS
        pause = 0.1 if count <= 1000 else 1.0
        while (found := self.server.job(job))["state"] not in _ENDED:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the job does not end: {found}")
            time.sleep(pause)
        if found["counts"]["completed"] != count:
            raise RuntimeError(f"not all is completed: {found}")

    def cpu(self) -> float:
        """CPU seconds of the server's processes so far."""
        return cpu_of_tree(self.server.process.pid)

    def database_cpu(self) -> float:
        """CPU seconds of PostgreSQL so far; 0 with SQLite, which works in the server's own processes."""
        return cpu_of_tree(self.postgres.process.pid) if self.postgres is not None else 0.0

    def worker(self) -> Process:
        """The worker's process."""
        return next(p for p in self.server.descendants() if " worker " in f"{p.command} ")

    def conversions(self) -> int:
        """Conversions done so far, by /metrics."""
        return int(sum(float(number) for number in _CONVERSIONS.findall(self.server.get("/metrics").decode())))


def check_arrivals(stats: dict[str, Any], count: int) -> None:
    """Raises `RuntimeError` unless each printer got one whole document, and all got the same."""
    if (stats["documents"], stats["printers"], stats["distinct_digests"]) != (count, count, 1):
        raise RuntimeError(f"{count} equal documents were to arrive at {count} printers: {stats}")


def _encode_form(fields: dict[str, str], document: Path) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="document"; filename="{document.name}"\r\n\r\n'
    return b"".join((*parts, head.encode(), document.read_bytes(), f"\r\n--{_BOUNDARY}--\r\n".encode()))
