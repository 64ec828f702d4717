"""Runs fuzzing processes in turns until enough requests were played, and adds up what they counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.findings import Tally
from tests.support.server import ROOT

CORPUS = ROOT / "tests" / "fuzz" / "corpus"
_PIECE = 40_000
_SPECIAL_PIECE = 2_000
_SPECIAL = {4: ("--thorough",), 7: ("--postgresql",)}
"""Of each ten pieces one looks into documents as the server does, and one is on the other database. Both are slow."""
_WARM = 0.4
"""Of a process's requests, after which it has loaded and remembered what it ever will."""
MOST_GROWTH_MB = 64.0
"""Of a fuzzing process behind that: libFuzzer keeps all scripts that reach something new, and atheris loses some
octets with each change. A leak of the server is looked for by `leak`, without them."""


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    seed: int
    count: int
    log: Path


@dataclass
class Campaign:
    """`total` is what was counted so far, by this campaign and those that it goes on from. `folder` holds the scripts
    that it goes on from and the findings; `tell` is called after each piece."""

    folder: Path
    total: Tally
    processes: int
    tell: Callable[[Tally], None]
    pieces: int = 0
    _running: list[_Running] = field(default_factory=list)

    def run(self, count: int, until: float, seed: int) -> None:
        """Until so many requests were played in all, or the monotonic clock says `until`."""
        self._fill_corpus()
        try:
            while self._running or (self._left(count) > 0 and time.monotonic() < until):
                while len(self._running) < self.processes and self._left(count) > 0 and time.monotonic() < until:
                    self._start(self._left(count), seed + self.pieces)
                self._await_one(until)
        finally:
            for one in self._running:
                one.process.kill()
                one.process.wait()

    def _left(self, count: int) -> int:
        return count - self.total.requests - sum(one.count for one in self._running)

    def _fill_corpus(self) -> None:
        corpus = self.folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        (self.folder / "findings").mkdir(exist_ok=True)
        for path in CORPUS.iterdir():
            (corpus / path.name).write_bytes(path.read_bytes())

    def _start(self, left: int, seed: int) -> None:
        self.pieces += 1
        special = _SPECIAL.get(self.pieces % 10, ())
        count = min(left, _SPECIAL_PIECE if special else min(_PIECE, max(1000, left // self.processes)))
        log = self.folder / f"log-{seed}.txt"
        command = [sys.executable, "-m", "tests.fuzz.fuzzer", str(self.folder), "--count", str(count)]
        command += ["--seed", str(seed), *special]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with log.open("wb") as file:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
        self._running.append(_Running(process, seed, count, log))

    def _await_one(self, until: float) -> None:
        stopped = False
        while not (ended := [one for one in self._running if one.process.poll() is not None]):
            if time.monotonic() > until and not stopped:
                stopped = True
                for one in self._running:
                    one.process.terminate()
            time.sleep(0.2)
        for one in ended:
            self._running.remove(one)
            self._take_in(one)
            self.tell(self.total)

    def _take_in(self, one: _Running) -> None:
        path = self.folder / f"tally-{one.seed}.json"
        piece = Tally()
        with suppress(FileNotFoundError):
            piece = Tally.from_json(json.loads(path.read_text("utf-8")))
            path.unlink()
        if one.process.returncode != 0:
            words = one.log.read_text("utf-8", "replace")[-3000:]
            piece.findings[f"died: process {one.seed} with {one.process.returncode}"] = words
        else:
            one.log.unlink()
        grown = growth_of(piece)
        if grown > MOST_GROWTH_MB:
            piece.findings[f"memory: process {one.seed} grew by {grown:.0f} MB"] = json.dumps(piece.growth)
        piece.growth = [{"grown_mb": grown}] if piece.growth else []
        self.total.add(piece)


def growth_of(piece: Tally) -> float:
    """Megabytes by which the memory of a process grew once it was warm."""
    points = [point for point in piece.growth if point["requests"] >= _WARM * piece.requests]
    return round(points[-1]["rss_mb"] - points[0]["rss_mb"], 1) if len(points) > 1 else 0.0


def read_corpus() -> Iterator[bytes]:
    """The scripts that are kept."""
    for path in sorted(CORPUS.iterdir()):
        yield path.read_bytes()
