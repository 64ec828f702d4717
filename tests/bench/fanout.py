"""One document to 100, 1,000 and 10,000 printers: against the bare socket, against CUPS, and what each copy costs."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.broadcast import Station
from tests.support.circular import make_circular
from tests.support.cups_fanout import CupsQueues, run_cups_queues
from tests.support.fanout import Figures, measure_cold_and_warm, measure_raster, measure_sizes
from tests.support.postgres import run_postgres
from tests.support.profiling import print_profile, profile_workers
from tests.support.server import run_server
from tests.support.sink import RASTER_ONLY, Sink, run_sink

_BASE = 100


@dataclass
class _Peers:
    """What is the same for every database: the printers and CUPS. `lp_raster_cpu_s` is for a hundred queues."""

    document: Path
    printers: Sink
    raster_printers: Sink
    cups: CupsQueues
    lp_raster: Figures = field(default_factory=dict)


def main(argv: list[str] | None = None) -> int:
    """A table, then one JSON object: the keys of each database below its name, those of SQLite (else the only one) on
    top as well."""
    parser = argparse.ArgumentParser(prog="deploy/bench fanout", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no 10,000, CUPS' raster on 10 queues")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--sizes", help="destinations of the broadcasts (100,1000,10000)")
    parser.add_argument("--profile", action="store_true", help="only the 1,000, with the worker under cProfile")
    given = parser.parse_args(argv)
    sizes = [int(word) for word in (given.sizes or ("100,1000" if given.quick else "100,1000,10000")).split(",")]
    databases = [given.database] if given.database else ["sqlite", "postgresql"]
    with tempfile.TemporaryDirectory(prefix="fanout-") as folder:
        document = make_circular(Path(folder) / "circular.pdf")
        if given.profile:
            _profile(Path(folder), databases[0], document)
            return 0
        results = {}
        with _run_peers(document, quick=given.quick) as peers:
            for kind in databases:
                results[kind] = _measure(Path(folder) / kind, kind, peers, sizes, 3 if given.quick else 5)
                _print_table(kind, results[kind])
    print(json.dumps({**results[databases[0]], **results}))
    return 0


@contextlib.contextmanager
def _run_peers(document: Path, *, quick: bool) -> Iterator[_Peers]:
    with contextlib.ExitStack() as stack:
        printers = stack.enter_context(run_sink())
        raster_printers = stack.enter_context(run_sink(RASTER_ONLY))
        queues = 10 if quick else _BASE
        _say(f"cupsd: {queues} queues of printers that take raster only")
        with run_cups_queues(raster_printers, queues) as cups:
            run = cups.broadcast(document)
        scale = _BASE / queues
        lp_raster = {"cpu_s": run.cpu_s * scale, "wall_s": run.wall_s * scale, "queues": queues}
        _say(f"cupsd: {_BASE} queues of printers that take PDF")
        queues_of_pdf = stack.enter_context(run_cups_queues(printers, _BASE))
        yield _Peers(document, printers, raster_printers, queues_of_pdf, lp_raster)


@contextlib.contextmanager
def _run_station(home: Path, kind: str, document: Path) -> Iterator[Station]:
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(run_postgres()) if kind == "postgresql" else None
        settings = {"database": postgres.create_database()} if postgres is not None else {}
        yield Station(stack.enter_context(run_server(home, **settings)), document, postgres)


def _measure(home: Path, kind: str, peers: _Peers, sizes: Sequence[int], rounds: int) -> Figures:
    with _run_station(home, kind, peers.document) as station:
        _say(f"{kind}: {rounds} rounds to {_BASE}")
        hundred = measure_cold_and_warm(station, peers.printers, peers.cups, _BASE, rounds)
        _say(f"{kind}: raster")
        raster = measure_raster(station, peers.raster_printers, peers.lp_raster, _BASE)
        beyond = [size for size in sizes if size > _BASE]
        _say(f"{kind}: {beyond}")
        return {**hundred, **raster, **measure_sizes(station, peers.printers, hundred, beyond)}


def _profile(folder: Path, kind: str, document: Path) -> None:
    written = folder / "worker.profile"
    with profile_workers(written), run_sink() as sink, _run_station(folder / kind, kind, document) as station:
        station.add_group("known", (sink.uri(number) for number in range(1, 1001)))
        run = station.broadcast(sink, "known", 1000)
        _say(f"{kind}: 1,000 in {run.wall_s:.1f} s, {1000 * run.cpu_each:.2f} ms of CPU each, under the profiler")
    print_profile(written)


def _print_table(kind: str, figures: dict[str, Any]) -> None:
    print(f"\n{kind}")
    for name, value in figures.items():
        print(f"  {name:<28}{'-' if value is None else f'{value:>12.3f}' if isinstance(value, float) else value!s:>12}")
    print(flush=True)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
