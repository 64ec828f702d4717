"""A misbehaving printer among well ones, all addressed by a whole server: sent, watched, counted."""

from __future__ import annotations

import json
import random
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf

from tests.support.hostile.catalogue import PROCESSING, RETRY, Behaviour
from tests.support.hostile.paper import Paper
from tests.support.server import Server

Row = dict[str, Any]

_STEADY = (RETRY, PROCESSING)


@dataclass(frozen=True, slots=True)
class Trial:
    """One job to `ill`, which behaves so, and to the `well`. `job` is its id at the server."""

    name: str
    behaviour: Behaviour
    ill: str
    well: tuple[str, ...]
    job: str = ""

    @property
    def printers(self) -> tuple[str, ...]:
        """All of them, the ill one first."""
        return (self.ill, *self.well)

    def is_over(self, row: Row) -> bool:
        """The ill delivery has come to where it is to end, or to another end."""
        if row["state"] in ("completed", "aborted", "canceled"):
            return True
        if self.behaviour.end not in _STEADY:
            return False
        return bool(row["state"] == self.behaviour.end and row["attempts"] > 0)


def make_trial(name: str, behaviour: Behaviour, well: int = 3) -> Trial:
    """Printers whose names say what they are for."""
    return Trial(name, behaviour, f"{name} ill", tuple(f"{name} well {number + 1}" for number in range(well)))


def write_document(path: Path, octets: int, title: str = "Notice") -> Path:
    """One page of PDF, blown up with bytes that nothing refers to from the page."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(595, 842))
        page.contents_add(b"72 72 400 600 re S")
        document.docinfo["/Title"] = title
        document.Root.Bulk = document.make_stream(random.Random(title).randbytes(octets))
        document.save(path, static_id=True)
    return path


def submit(server: Server, document: Path, group: str, title: str, **fields: str) -> str:
    """POST a job; answers its id."""
    local = json.loads((server.home / "tokens" / "local.json").read_text())
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {"group": group, "title": title, **fields}.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="document"; filename="{document.name}"\r\n'
    parts += [head.encode() + b"Content-Type: application/pdf\r\n\r\n", document.read_bytes()]
    request = urllib.request.Request(
        local["url"].rstrip("/") + "/api/v1/jobs",
        data=b"".join(parts) + f"\r\n--{boundary}--\r\n".encode(),
        headers={
            "Authorization": f"Bearer {local['token']}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        },
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return str(json.loads(answer.read())["id"])


def read_rows(server: Server, job: str) -> dict[str, Row]:
    """All deliveries of a job, by the name of the printer."""
    rows: list[Row] = []
    after: int | None = 0
    while after is not None:
        page = json.loads(server.get(f"/api/v1/jobs/{job}/deliveries?limit=1000&after={after}"))
        rows += page["deliveries"]
        after = page["next"]
    return {row["destination"]: row for row in rows}


def wait_for_rows(
    server: Server, job: str, enough: Callable[[dict[str, Row]], bool], patience: float
) -> dict[str, Row]:
    """Look until it is enough, or patience is over; the last look."""
    until = time.monotonic() + patience
    while True:
        rows = read_rows(server, job)
        if enough(rows) or time.monotonic() > until:
            return rows
        time.sleep(0.2)


def count_sheets(paper: Paper, printers: Iterable[str]) -> Counter[str]:
    """How often anything came out of each printer, in whole or in part."""
    wanted = set(printers)
    return Counter(sheet.printer for sheet in paper.printed if sheet.printer in wanted)


def explain(rows: Sequence[Row]) -> str:
    """Lines for a person who reads why a test failed."""
    names = ("destination", "state", "reason", "attempts", "message", "device_reasons", "next_try")
    return "\n".join("  ".join(f"{name}={row[name]!r}" for name in names) for row in rows)
