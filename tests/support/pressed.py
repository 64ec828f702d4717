"""A house of group printers that a crowd of hostile clients presses upon, beside a well-behaved one."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from distwire.ipp import Operation, Status
from tests.support.board import make_pdf
from tests.support.crowd import CROWDS
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.patience import wait_until
from tests.support.server import ROOT

_AT_LEAST = 15
_SOCKET = "socket:"
THREADS = 8
SETTINGS = {
    "ipp_silent_seconds": 6,
    "ipp_open_jobs": 20,
    "ipp_open_seconds": 5,
    "ipp_threads": THREADS,
    "max_document_mb": 32,
}
"""Little patience, so that a crowd has its end soon."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the process of the printers holds: open sockets, files of the spool, threads, and memory in MB."""

    sockets: int
    spool_files: tuple[str, ...]
    threads: int
    memory_mb: float


@dataclass
class Encounter:
    """What came of one crowd: what its clients were answered, how often, and how long jobs of the good client took,
    in seconds, before it and while it was there."""

    answers: dict[str, int]
    alone: list[float]
    during: list[float]

    @property
    def ratio(self) -> float:
        """How many times longer a job took."""
        return statistics.median(self.during) / statistics.median(self.alone)


@dataclass
class Pressed:
    """`group` is the printer that everybody sends to."""

    house: House
    group: str
    document: bytes = field(default_factory=make_pdf)

    def meet(self, kind: str, count: int | None = None) -> Encounter:
        """Print alone, then as long as the crowd is there."""
        alone = [self.print() for _ in range(_AT_LEAST)]
        during: list[float] = []
        with self._start(kind, count or CROWDS[kind].count) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            while process.poll() is None or len(during) < _AT_LEAST:
                during.append(self.print())
            answers: dict[str, int] = json.loads(process.stdout.read())
        return Encounter(answers, alone, during)

    def print(self) -> float:
        """One job over a connection of its own, as it should be; how long until it was accepted."""
        begun = time.perf_counter()
        answer = ask(self.house.printer(self.group), Operation.PRINT_JOB, document=self.document)
        assert answer.code == Status.OK, answer
        return time.perf_counter() - begun

    def _start(self, kind: str, count: int) -> subprocess.Popen[str]:
        words = [kind, self.house.authority, str(self.house.tls_port), str(count), self.group]
        command = [sys.executable, "-m", "tests.support.crowd", *words]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def standing(self) -> Standing:
        """As it is now."""
        folder = Path(f"/proc/{self.house.pid}")
        links = [_read_link(path) for path in (folder / "fd").iterdir()]
        status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
        return Standing(
            sockets=sum(link.startswith(_SOCKET) for link in links),
            spool_files=tuple(link for link in links if "/spool/incoming/" in link or "/spool/documents/" in link),
            threads=int(status["Threads"]),
            memory_mb=int(status["VmRSS"].split()[0]) / 1024,
        )

    def incoming(self) -> list[str]:
        """Uploads that are in the spool."""
        return [path.name for path in (self.house.server.home / "spool" / "incoming").iterdir()]


@contextmanager
def run_pressed(home: Path, **settings: object) -> Iterator[Pressed]:
    """A server with one group, warm; `settings` beside `SETTINGS`."""
    with run_house(home, **{**SETTINGS, **settings}) as house:
        house.write_group("office", "discard:one; Branch one", comments=("print-from: 127.0.0.0/8",))
        made = Pressed(house, "office")
        wait_until(lambda: _is_there(made), house.log)
        for _ in range(2 * _AT_LEAST):
            made.print()
        yield made


def _is_there(pressed: Pressed) -> bool:
    try:
        return pressed.print() > 0
    except AssertionError:
        return False


def _read_link(path: Path) -> str:
    try:
        return str(path.readlink())
    except FileNotFoundError:
        return ""
