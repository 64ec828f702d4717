"""N1: whatever a client sends, the printers of groups answer it rightly and keep nothing of it (in short form).

The long form is `deploy/bench fuzz`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.campaign import CORPUS, read_corpus
from tests.fuzz.findings import Finding, Tally
from tests.fuzz.leak import play_changed
from tests.fuzz.watch import Watch
from tests.support.postgres import PostgresServer
from tests.support.server import ROOT

MOST_FILES, MOST_OCTETS = 600, 1 << 20
CHANGED = 3_000
GUIDED = 1_500


def keep(found: list[Finding]) -> Watch:
    return Watch(found.append)


def test_the_corpus_is_small() -> None:
    sizes = [path.stat().st_size for path in CORPUS.iterdir()]
    assert 100 < len(sizes) <= MOST_FILES
    assert sum(sizes) < MOST_OCTETS


@pytest.mark.parametrize("thorough", [False, True])
def test_the_corpus_finds_nothing(tmp_path: Path, thorough: bool) -> None:
    """With documents looked into by their first octets, and as the server does, in threads."""
    found: list[Finding] = []
    watch = keep(found)
    with watch.over(tmp_path / "home", thorough=thorough):
        for raw in list(read_corpus())[:: 4 if thorough else 1]:
            watch.play(raw)
    assert [finding.key for finding in found] == []
    assert watch.tally.answers.total() > 100


def test_the_corpus_finds_nothing_on_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """Nor do some changes: it minds texts that SQLite does not."""
    found: list[Finding] = []
    watch = keep(found)
    with watch.over(tmp_path / "home", database=postgres_server.create_database()):
        for raw in read_corpus():
            watch.play(raw)
        play_changed(watch, list(read_corpus()), CHANGED // 10, seed=2)
    assert [finding.key for finding in found] == []


def test_changed_scripts_find_nothing_and_leave_nothing(tmp_path: Path) -> None:
    """The same ones every time; what they would find is in `found`, to be replayed."""
    found: list[Finding] = []
    watch = keep(found)
    with watch.over(tmp_path / "home"):
        points = play_changed(watch, list(read_corpus()), CHANGED, seed=1)
    assert [finding.key for finding in found] == []
    warm, last = points[len(points) // 2], points[-1]
    assert last["blocks_k"] - warm["blocks_k"] < 20, points
    assert last["descriptors"] <= warm["descriptors"] + 4
    assert last["threads"] <= warm["threads"] + 2


def test_guided_by_lines_it_finds_nothing(tmp_path: Path) -> None:
    """A short piece of a campaign."""
    pytest.importorskip("atheris")
    (tmp_path / "corpus").mkdir()
    for number, raw in enumerate(list(read_corpus())[:20]):
        (tmp_path / "corpus" / str(number)).write_bytes(raw)
    command = [sys.executable, "-m", "tests.fuzz.fuzzer", str(tmp_path), "--count", str(GUIDED), "--seed", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    tally = Tally.from_json(json.loads((tmp_path / "tally-1.json").read_text("utf-8")))
    assert tally.findings == {}
    assert tally.requests >= GUIDED
    assert len(list((tmp_path / "corpus").iterdir())) > 20
