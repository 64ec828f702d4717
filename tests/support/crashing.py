"""One broadcast, again and again; each time a process dies at another of its durable writes (N4). Whatever was struck,
the receipts must become those of the broadcast that nothing disturbed."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from distwire.ipp import Operation
from tests.support.hostile import BEHAVIOURS, HostileNetwork, Script, Traits, run_hostile_process
from tests.support.hostile.catalogue import PATIENCE, SMALL
from tests.support.hostile.trials import Row, count_sheets, read_rows, write_document
from tests.support.postgres import PostgresServer
from tests.support.pressing import press
from tests.support.server import ROOT, Server, run_server

SIDES = ("before", "after")
_ENDED = ("completed", "aborted", "canceled")
_END_SECONDS = 150.0
_HOOK = Path(__file__).parent / "crashing_hook"
_SPEECHLESS = Traits(
    lacks=(Operation.CREATE_JOB, Operation.SEND_DOCUMENT, Operation.GET_JOBS), keeps=False, print_seconds=0.2
)

PRINTERS = {
    "pdf": Script(traits=Traits(print_seconds=0.3)),
    "raster": Script(traits=Traits(formats=("image/pwg-raster",))),
    "print-job": Script(traits=Traits(lacks=(Operation.CREATE_JOB, Operation.SEND_DOCUMENT))),
    "busy": BEHAVIOURS["busy-twice"].script,
    "at-most-once": Script(traits=_SPEECHLESS),
    "at-least-once": Script(traits=_SPEECHLESS),
}
"""Who gets a copy, beside `discard:`. The last two cannot tell what they printed; their names are their policies."""

_SAME = ("state", "reason", "evidence", "pages", "pages_total")


@dataclass(frozen=True, slots=True)
class Passage:
    """One broadcast: `struck` is the write at which a process died (None: there were fewer), `wrong` in words what is
    not as it should be, `ends` each destination's receipt in short. `writes` is how many there were in all."""

    number: int
    side: str
    struck: str | None
    writes: tuple[str, ...]
    ends: dict[str, str]
    wrong: tuple[str, ...]
    seconds: float


@dataclass
class Sweep:
    """What all broadcasts share; `expected` are the receipts of the first, that nothing disturbs."""

    network: HostileNetwork
    folder: Path
    document: Path
    postgres: PostgresServer | None = None
    template: str = ""
    expected: dict[str, Row] = field(default_factory=dict)

    def pass_through(self, number: int, side: str) -> Passage:
        """The broadcast on a fresh home, with a death at write `number` (0: none); a home that went wrong stays."""
        began = time.monotonic()
        folder = self.folder / f"{number}-{side}"
        prefix = f"{number} {side} "
        self.network.play({prefix + name: script for name, script in PRINTERS.items()})
        with self._start(folder, number, side) as server:
            self._write_group(server, prefix)
            (folder / "armed").touch()
            job = press(server, self.document, "the-only-key", {"group": "all", "title": "Notice"})
            rows = _see_to_end(server, job, folder / "writes", number)
        rows = {name.removeprefix(prefix): row for name, row in rows.items()}
        sheets = count_sheets(self.network.paper(), [prefix + name for name in PRINTERS])
        if number == 0:
            self.expected = rows
        wrong = tuple(_judge(rows, self.expected, {name: sheets[prefix + name] for name in PRINTERS}))
        writes = tuple(_read_lines(folder / "writes"))
        if not wrong:
            shutil.rmtree(folder)
        struck = writes[number - 1] if 0 < number <= len(writes) else None
        ends = {name: f"{row['state']}, {row['reason']}, {sheets[prefix + name]}" for name, row in rows.items()}
        return Passage(number, side, struck, writes, ends, wrong, time.monotonic() - began)

    @contextlib.contextmanager
    def _start(self, folder: Path, number: int, side: str) -> Iterator[Server]:
        home = folder / "home"
        shutil.copytree(self.folder / "template", home, ignore=lambda _, names: {"wake", "serve.out"} & set(names))
        settings: dict[str, object] = dict(PATIENCE)
        if self.postgres is not None:
            settings["database"] = self.postgres.create_database(self.template)
        hooks = {
            "CRASH_FOLDER": str(folder),
            "CRASH_HOME": str(home),
            "CRASH_AT": str(number),
            "CRASH_SIDE": side,
            "PYTHONPATH": f"{_HOOK}:{ROOT}",
        }
        with run_server(home, hooks, **settings) as server:
            yield server
        if self.postgres is not None:
            self.postgres.drop_database(str(settings["database"]))

    def _write_group(self, server: Server, prefix: str) -> None:
        policies = [name for name in PRINTERS if name in ("at-most-once", "at-least-once")]
        lines = self.network.lines([prefix + name for name in PRINTERS if name not in policies])
        for name in policies:
            lines += self.network.lines([prefix + name], resend=name)
        server.write_group("all.rec", "all", [*lines, "discard:nothing; discard"])


@contextlib.contextmanager
def prepare_sweep(folder: Path, postgres: PostgresServer | None = None) -> Iterator[Sweep]:
    """A network, a home that was served once, and the receipts of a broadcast that nothing disturbs."""
    document = write_document(folder / "notice.pdf", SMALL)
    with run_hostile_process() as network:
        sweep = Sweep(network, folder, document, postgres)
        settings: dict[str, object] = {}
        if postgres is not None:
            sweep.template = postgres.create_database()
            settings["database"] = sweep.template
        with run_server(folder / "template", **settings) as server:
            local = json.loads(server.get("/api/v1/groups") and (server.home / "tokens" / "local.json").read_text())
        (folder / "template" / "tokens" / "local.json").write_text(json.dumps({**local, "url": "http://127.0.0.1:9"}))
        yield sweep


def _see_to_end(server: Server, job: str, writes: Path, number: int) -> dict[str, Row]:
    """Until the job has ended; where nobody has died by then, until its document is erased too."""
    until = time.monotonic() + _END_SECONDS
    struck_before_end: bool | None = None
    while time.monotonic() < until:
        found = server.job(job)
        if found["state"] in _ENDED:
            if struck_before_end is None:
                struck_before_end = 0 < number <= len(_read_lines(writes))
            if struck_before_end or found["document_erased"]:
                break
        time.sleep(0.1)
    return read_rows(server, job)


def _read_lines(path: Path) -> list[str]:
    return [line.partition(" ")[2] for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def _judge(rows: dict[str, Row], expected: dict[str, Row], sheets: dict[str, int]) -> Iterator[str]:
    """What is not as it should be, in words."""
    if set(rows) != set(expected):
        yield f"receipts for {sorted(rows)}, not for {sorted(expected)}"
    for name, row in rows.items():
        same = all(row[key] == expected[name][key] for key in _SAME)
        printed = sheets.get(name, 1)
        said = f"{name}: {row['state']}, {row['reason']}, {row['message']!r}, printed {printed} times"
        match name:
            case "at-most-once":
                given_up = row["reason"] == "delivery-uncertain" and "at-most-once" in row["message"]
                if not (same and printed == 1) and not (given_up and printed <= 1):
                    yield said
            case "at-least-once":
                told = "at-least-once" in row["message"]
                if not same or not (printed == 1 or (printed == 2 and told)):
                    yield said
            case _:
                if not same or printed != 1:
                    yield said


def walk(sweep: Sweep, instants: Sequence[tuple[int, str]]) -> list[Passage]:
    """These (number, side), all at the same time: most of a broadcast is waiting."""
    with ThreadPoolExecutor(len(instants)) as pool:
        return list(pool.map(lambda instant: sweep.pass_through(*instant), instants))
