"""Start and answers of a server with 10,000 groups and 100,000 ended jobs, set against one with an empty store.

The store that is `empty` holds three jobs, to have a page of one; `page` holds as many as the board's list shows at a
time: what its page costs more is what it shows, not what it looks through.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from distserver.settings import load_settings
from distserver.store.database import Database
from distserver.store.preparation import prepare_home
from tests.support.big_store import add_large_job, fill, write_groups
from tests.support.browsing import Browser
from tests.support.postgres import run_postgres
from tests.support.server import Server, run_server

Figures = dict[str, Any]


def main(argv: list[str] | None = None) -> int:
    """A table for each database, then one JSON object."""
    parser = argparse.ArgumentParser(prog="deploy/bench bigstore", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="questions of each kind (15)")
    given = parser.parse_args(argv)
    scale = 10 if given.quick else 1
    results: Figures = {}
    for kind in [given.database] if given.database else ["sqlite", "postgresql"]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bigstore-")))
            urls: dict[str, Figures] = {"empty": {}, "page": {}, "big": {}}
            if kind == "postgresql":
                postgres = stack.enter_context(run_postgres())
                urls = {name: {"database": postgres.create_database()} for name in urls}
            results[kind] = _compare(folder, urls, scale, given.rounds)
        _show(kind, results[kind])
    print(json.dumps(results))
    return 0


def _compare(folder: Path, settings: dict[str, Figures], scale: int, rounds: int) -> Figures:
    counts = {"empty": 3, "page": 60, "big": 100_000 // scale}
    jobs = {name: _make(folder / name, counts[name], scale, more) for name, more in settings.items()}
    found: Figures = {}
    with ExitStack() as stack:
        asked: dict[str, dict[str, Callable[[], None]]] = {}
        for name, more in settings.items():
            found[f"start_{name}_s"] = _measure_start(folder / name, more)
            server = stack.enter_context(run_server(folder / name, **more))
            asked[name] = _questions(server, *jobs[name])
        for question in asked["big"]:
            times = {name: _measure_in_turn(asked, name, question, rounds) for name in asked}
            found |= {f"{question}_{name}_ms": 1000 * seconds for name, seconds in times.items()}
            found[f"{question}_ratio"] = times["big"] / times["empty"]
            found[f"{question}_ratio_to_page"] = times["big"] / times["page"]
    return found


def _make(home: Path, jobs: int, scale: int, more: Figures) -> tuple[str, str]:
    """A home with a store; ids of an ordinary job and of one with many deliveries, which only the big store has."""
    big = jobs > 1000
    environment = {f"DISTSERVER_{name.upper()}": value for name, value in more.items()}
    settings, _ = load_settings(home, environment)
    prepare_home(settings)
    database = Database(settings.database_url, durable=False, pool=2)
    write_groups(settings.groups_dir, 10_000 // scale if big else 3)
    one = fill(database, jobs, 10_000 // scale if big else 3)
    large = add_large_job(database, 10_000 // scale if big else 100)
    if database.sqlite:
        with database.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    database.close()
    return one, large


def _measure_start(home: Path, more: Figures) -> float:
    """Seconds until it answers that it can accept a job; the best of three starts."""
    times = []
    for _ in range(3):
        (home / "tokens" / "local.json").unlink(missing_ok=True)
        began = time.monotonic()
        with run_server(home, **more):
            times.append(time.monotonic() - began)
    return min(times)


def _questions(server: Server, one: str, large: str) -> dict[str, Callable[[], None]]:
    browser = Browser(server)
    pages = {
        "board_jobs": "/jobs",
        "board_start": "/",
        "board_job": f"/jobs/{one}",
        "board_large_job": f"/jobs/{large}",
        "board_large_job_live": f"/jobs/{large}/live?since={time.time():.3f}",
    }
    calls = {
        "api_jobs": "/api/v1/jobs",
        "api_job": f"/api/v1/jobs/{one}",
        "api_large_job_page": f"/api/v1/jobs/{large}/deliveries?limit=500",
        "metrics": "/metrics",
        "healthz": "/healthz",
    }
    board = {name: _asking(lambda path=path: browser.get(path)) for name, path in pages.items()}  # type: ignore[misc]
    api = {name: _asking(lambda path=path: browser.get(path, as_program=True)) for name, path in calls.items()}  # type: ignore[misc]
    return board | api


def _asking(ask: Callable[[], tuple[int, str, str]]) -> Callable[[], None]:
    def call() -> None:
        status, text, _ = ask()
        if status != 200:
            raise RuntimeError(f"{status}: {text[:500]}")

    return call


def _measure_in_turn(asked: dict[str, dict[str, Callable[[], None]]], name: str, question: str, rounds: int) -> float:
    """Median of `rounds`, after one that does not count."""
    ask, times = asked[name][question], []
    ask()
    for _ in range(rounds):
        began = time.monotonic()
        ask()
        times.append(time.monotonic() - began)
    return statistics.median(times)


def _show(kind: str, found: Figures) -> None:
    print(f"{kind:<28}{'empty':>9}{'page':>9}{'big':>9}{'/empty':>8}{'/page':>8}")
    starts = (found[f"start_{name}_s"] for name in ("empty", "page", "big"))
    print(f"{'start (s)':<28}" + "".join(f"{seconds:>9.2f}" for seconds in starts))
    for key in [key.removesuffix("_ratio") for key in found if key.endswith("_ratio")]:
        times = "".join(f"{found[f'{key}_{name}_ms']:>9.1f}" for name in ("empty", "page", "big"))
        print(
            f"{key + ' (ms)':<28}{times}{found[key + '_ratio']:>8.2f}{found[key + '_ratio_to_page']:>8.2f}", flush=True
        )


if __name__ == "__main__":
    raise SystemExit(main())
