"""Servers that take documents in: the product, its HTTP part with a service of the test's, a bare one, a printer.

    python -m tests.support.intake serve FOLDER DESCRIPTOR

The second and third write what they get into a spool under FOLDER as the product does: digested, synced, moved into
place, synced. They do nothing else with it.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reportlab.pdfgen.canvas import Canvas

from distserver.store.spool import Spool
from distwire.ipp import Group, GroupTag, Operation, Status, attribute, encode_message, make_message
from distwire.ipp import values as v
from distwire.ipp.server import IppServer
from distwire.ipp.service import Call, Reply, Service
from tests.support.group_printers import run_house
from tests.support.ippeveprinter import run_eve_printer

_ROOT = Path(__file__).resolve().parents[2]
_THREADS = 8
_MOST = 4 << 30
_PIECE = 1 << 20
_START_SECONDS = 60.0
PATH = "/ipp/print"
JOB = Group(
    GroupTag.JOB,
    (
        attribute("job-id", v.integer(7)),
        attribute("job-uri", v.uri(f"ipp://127.0.0.1{PATH}/7")),
        attribute("job-state", v.enum(3)),
        attribute("job-state-reasons", v.keyword("none")),
    ),
)


class SpoolSink:
    """A document on its way into the spool."""

    def __init__(self, spool: Spool) -> None:
        self._upload = spool.receive(limit=_MOST)

    def write(self, piece: bytes) -> None:
        """See `DocumentSink`."""
        self._upload.write(piece)

    def finish(self) -> Reply:
        """See `DocumentSink`."""
        self._upload.finish()
        self._upload.keep()
        return Reply(groups=(JOB,))

    def abort(self, reason: str) -> None:
        """See `DocumentSink`."""
        self._upload.drop()


def make_service(spool: Spool) -> Service:
    """Print-Job into the spool, and Get-Printer-Attributes that says nothing."""

    def print_job(call: Call) -> SpoolSink:
        del call
        return SpoolSink(spool)

    def look(call: Call) -> Reply:
        del call
        return Reply()

    return Service({Operation.PRINT_JOB: print_job, Operation.GET_PRINTER_ATTRIBUTES: look})


def make_bare_app() -> Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]:
    """The least that a WSGI application can do with a document; gunicorn calls this. It looks at nothing."""
    spool = Spool(Path(os.environ["INTAKE_FOLDER"]))
    body = encode_message(make_message(Status.OK, 1, (), (JOB,)))
    headers = [("Content-Type", "application/ipp"), ("Content-Length", str(len(body)))]

    def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        sink = SpoolSink(spool)
        read = environ["wsgi.input"].read
        while piece := read(_PIECE):
            sink.write(piece)
        sink.finish()
        start_response("200 OK", headers)
        return (body,)

    return answer


@dataclass(frozen=True, slots=True)
class Contender:
    """A running server that takes Print-Jobs at `path`; `pid` is the process that does."""

    name: str
    port: int
    pid: int
    path: str = PATH

    @property
    def peak_mb(self) -> float:
        """Most memory that it ever had."""
        return self._status("VmHWM") / 1024

    @property
    def memory_kb(self) -> int:
        """Memory that it has now."""
        return self._status("VmRSS")

    @property
    def threads(self) -> int:
        """How many threads it has."""
        return self._status("Threads")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


@contextmanager
def run_ours(folder: Path) -> Iterator[Contender]:
    """IppServer with an executor."""
    with _run("ours", folder, [sys.executable, "-m", "tests.support.intake", "serve", str(folder)], "{}") as running:
        yield running


@contextmanager
def run_bare(folder: Path) -> Iterator[Contender]:
    """gunicorn, one process with threads, and an application that does nothing but write."""
    program = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", str(_THREADS), "--keep-alive", "60"]
    application = ["--log-level", "warning", "tests.support.intake:make_bare_app()", "--bind"]
    with _run("bare", folder, [*program, *application], "fd://{}") as running:
        yield running


@contextmanager
def run_product(folder: Path) -> Iterator[Contender]:
    """The whole server, with a group of one destination that swallows what it gets."""
    with run_house(folder / "home", max_document_mb=_MOST >> 20) as house:
        printer = house.write_group("office", "discard:one; Branch one")
        path, port = urlsplit(printer).path, int(house.authority.rpartition(":")[2])
        (pid,) = (one.pid for one in house.server.descendants() if " ipp " in f"{one.command} ")
        yield Contender("product", port, pid, path)


@contextmanager
def run_eve(folder: Path) -> Iterator[Contender]:
    """CUPS' ippeveprinter, whose print command does nothing."""
    folder.mkdir(parents=True)
    with run_eve_printer(folder, command="/bin/true") as printer:
        yield Contender("ippeveprinter", printer.port, printer.process.pid)


def make_small_pdf() -> bytes:
    """One page with one word on it; ends with a comment of nine digits, by which one job's document is no other's."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), invariant=1)
    canvas.drawString(60, 740, "Notice")
    canvas.save()
    return buffer.getvalue() + b"%000000000\n"


def make_large_pdf(size: int) -> tuple[bytes, int, bytes]:
    """A PDF of one page and `size` octets, most of them in a stream: what is before them, how many, what follows."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    head, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(head))
        head += b"%d 0 obj%b endobj\n" % (number, each)
    places.append(len(head))
    filled = size - len(head) - 400
    head += b"4 0 obj<</Length %d>>stream\n" % filled
    start = len(head) + filled + len(b"\nendstream endobj\n")
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = (
        b"\nendstream endobj\nxref\n0 5\n0000000000 65535 f \n%btrailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    )
    end = tail % (table, start)
    return head, filled, end + b" " * (size - len(head) - filled - len(end))


@contextmanager
def _run(name: str, folder: Path, command: list[str], binding: str) -> Iterator[Contender]:
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as sock:
        number, port = sock.fileno(), sock.getsockname()[1]
        process = subprocess.Popen(
            [*command, binding.format(number)],
            cwd=_ROOT,
            env={**os.environ, "INTAKE_FOLDER": str(folder)},
            pass_fds=(number,),
        )
    try:
        _wait_until_served(process, port)
        yield Contender(name, port, process.pid)
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _wait_until_served(process: subprocess.Popen[bytes], port: int) -> None:
    """The socket is open from the beginning: somebody answers when the program is there."""
    with socket.create_connection(("127.0.0.1", port), _START_SECONDS) as probe:
        probe.sendall(make_request(port, b"%PDF-"))
        if not probe.recv(4096).startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server does not serve: {process.poll()}")


def make_request(
    port: int, document: bytes = b"", length: int | None = None, *, more: str = "", path: str = PATH
) -> bytes:
    """A whole Print-Job, or the beginning of one whose document has `length` octets."""
    target = attribute("printer-uri", v.uri(f"ipp://127.0.0.1:{port}{path}"))
    message = encode_message(make_message(Operation.PRINT_JOB, 1, (target, attribute("job-name", v.name("intake")))))
    total = len(message) + (len(document) if length is None else length)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/ipp\r\n"
        f"Content-Length: {total}\r\n{more}\r\n"
    )
    return head.encode() + message + document


async def _serve(folder: Path, descriptor: int) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    with ThreadPoolExecutor(_THREADS) as executor:
        server = IppServer(make_service(Spool(folder)), executor=executor)
        server.start_on(descriptor)
        await ended.wait()
        await server.close()


def main() -> None:
    """`serve FOLDER DESCRIPTOR`."""
    asyncio.run(_serve(Path(sys.argv[2]), int(sys.argv[3])))


if __name__ == "__main__":
    main()
