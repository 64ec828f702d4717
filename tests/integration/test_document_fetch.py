"""Workers without a shared disk fetch documents over HTTP, whatever breaks (N4, N7)."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from distserver.errors import DocumentRefused, NoSpace, StoreUnavailable
from distserver.model.accounts import Role
from distserver.model.states import Reason
from tests.support.cutting import cut_connections
from tests.support.depot import Depot, find_part, is_whole, make_bytes, run_depot, write_token
from tests.support.sources import ROOT

SIZE = 3_000_000
DATA = make_bytes(SIZE)


@pytest.fixture(scope="module")
def depot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depot]:
    with run_depot(tmp_path_factory.mktemp("depot")) as running:
        yield running


def test_a_document_comes_whole_and_once(depot: Depot, tmp_path: Path) -> None:
    digest = depot.store(DATA)
    with cut_connections(depot.port, ()) as relay:
        fetcher = depot.fetcher(tmp_path, relay.url)
        path = fetcher.fetch(digest, SIZE)
        assert fetcher.fetch(digest, SIZE) == path
    assert is_whole(tmp_path, DATA)
    assert len(relay.answered) == 1


def test_a_broken_transfer_goes_on_where_it_stopped(depot: Depot, tmp_path: Path) -> None:
    digest = depot.store(DATA)
    with cut_connections(depot.port, (1_000_000, 500_000, 100, 700_000)) as relay:
        depot.fetcher(tmp_path, relay.url).fetch(digest, SIZE)
    assert is_whole(tmp_path, DATA)
    assert len(relay.answered) == 5
    assert sum(relay.answered) < SIZE + 20_000


def test_what_arrived_before_a_crash_is_not_fetched_again(depot: Depot, tmp_path: Path) -> None:
    """N4: the next process goes on with what the one before left."""
    digest = depot.store(DATA)
    with cut_connections(depot.port, ()) as relay:
        fetcher = depot.fetcher(tmp_path, relay.url)
        find_part(tmp_path, digest).write_bytes(DATA[:2_500_000])
        fetcher.fetch(digest, SIZE)
    assert is_whole(tmp_path, DATA)
    assert sum(relay.answered) < 600_000


@pytest.mark.parametrize("left", [b"\0" * 1_000_000, b"x" * (SIZE + 5), b"x" * SIZE])
def test_what_a_power_cut_damaged_is_fetched_anew(depot: Depot, tmp_path: Path, left: bytes) -> None:
    """N4: a file system may keep the length of a file and lose its bytes."""
    digest = depot.store(DATA)
    fetcher = depot.fetcher(tmp_path)
    find_part(tmp_path, digest).write_bytes(left)
    fetcher.fetch(digest, SIZE)
    assert is_whole(tmp_path, DATA)


def test_bytes_that_are_not_the_document_are_never_kept(depot: Depot, tmp_path: Path) -> None:
    data = make_bytes(50_000, seed=2)
    digest = depot.store(data)
    depot.spool.document_path(digest).write_bytes(data[:-1] + b"!")
    fetcher = depot.fetcher(tmp_path)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="digest is another"):
            fetcher.fetch(digest, len(data))
    depot.spool.document_path(digest).write_bytes(data[:-1])
    with pytest.raises(StoreUnavailable, match="has 49999 bytes of a document of 50000"):
        fetcher.fetch(digest, len(data))
    assert not list((tmp_path / "documents").rglob("*.*"))
    depot.spool.document_path(digest).write_bytes(data)
    fetcher.fetch(digest, len(data))
    assert is_whole(tmp_path, data)


def test_an_erased_document_is_gone_for_good(depot: Depot, tmp_path: Path) -> None:
    """N4: a missing spool file is told, with the reason of the receipt."""
    with pytest.raises(DocumentRefused, match="send it again") as caught:
        depot.fetcher(tmp_path).fetch("0" * 64, 1)
    assert caught.value.reason is Reason.DOCUMENT_MISSING
    assert not list((tmp_path / "incoming").iterdir())


def test_a_server_that_is_none_of_ours_loses_no_delivery(depot: Depot, tmp_path: Path) -> None:
    """A 404 of anything else at the URL does not say that the document is gone."""
    with pytest.raises(StoreUnavailable, match="answers 404"):
        depot.fetcher(tmp_path, f"{depot.url}/other").fetch(depot.store(DATA), SIZE)


def test_a_server_that_is_away_is_tried_again_later(depot: Depot, tmp_path: Path) -> None:
    digest = depot.store(DATA)
    with cut_connections(depot.port, (1_500_000, 0, 0, 0)) as relay:
        fetcher = depot.fetcher(tmp_path, relay.url)
        with pytest.raises(StoreUnavailable, match="cannot be fetched"):
            fetcher.fetch(digest, SIZE)
        fetcher.fetch(digest, SIZE)
    assert is_whole(tmp_path, DATA)
    assert relay.answered[-1] < SIZE - 1_400_000


def test_another_token_is_refused_in_words_and_a_new_one_is_read_at_once(depot: Depot, tmp_path: Path) -> None:
    digest = depot.store(DATA)
    token_file = write_token(tmp_path / "token", depot.tokens[Role.SENDER])
    fetcher = replace(depot, token_file=token_file).fetcher(tmp_path / "home")
    with pytest.raises(StoreUnavailable, match="does not give this worker documents: this takes the role"):
        fetcher.fetch(digest, SIZE)
    token_file.chmod(0o644)
    with pytest.raises(StoreUnavailable, match="others may read the token"):
        fetcher.fetch(digest, SIZE)
    token_file.chmod(0o600)
    write_token(token_file, depot.tokens[Role.WORKER])
    fetcher.fetch(digest, SIZE)


def test_many_threads_bring_a_document_once(depot: Depot, tmp_path: Path) -> None:
    digest = depot.store(DATA)
    with cut_connections(depot.port, ()) as relay, ThreadPoolExecutor(8) as threads:
        fetcher = depot.fetcher(tmp_path, relay.url)
        paths = set(threads.map(lambda _: fetcher.fetch(digest, SIZE), range(8)))
    assert len(paths) == len(relay.answered) == 1
    assert is_whole(tmp_path, DATA)


class Machine:
    """A process that fetches one document when it is told to."""

    def __init__(self, depot: Depot, home: Path, url: str, digest: str, *, before: tuple[str, ...] = ()) -> None:
        command = [sys.executable, "-m", "tests.support.depot"]
        told = [str(home), url, str(depot.token_file), digest, str(SIZE)]
        self.process = subprocess.Popen(
            [*before, *command, *told], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid: int = self._read()["pid"]

    def go(self) -> None:
        """Let it begin."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """How it went; waits."""
        said = self._read()
        self.close()
        return said

    def close(self) -> None:
        """End it, if it has not ended."""
        self.process.kill()
        self.process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said


def test_two_processes_of_a_machine_bring_a_document_once(depot: Depot, tmp_path: Path) -> None:
    digest = depot.store(DATA)
    with cut_connections(depot.port, (1_000_000,)) as relay:
        machines = [Machine(depot, tmp_path, relay.url, digest) for _ in range(2)]
        for machine in machines:
            machine.go()
        answers = [machine.answer() for machine in machines]
    assert [answer["error"] for answer in answers] == [None, None]
    assert sum(relay.answered) < SIZE + 20_000
    assert is_whole(tmp_path, DATA)


def test_a_process_that_is_killed_in_mid_transfer_leaves_its_place_to_another(depot: Depot, tmp_path: Path) -> None:
    """N4: kill -9 frees the lock, and what had arrived is used."""
    digest = depot.store(DATA)
    machines: list[Machine] = []

    def kill_when_written() -> None:
        while find_part(tmp_path, digest).stat().st_size < 1_400_000:
            time.sleep(0.01)
        machines[0].process.kill()

    with cut_connections(depot.port, (1_500_000,), kill_when_written) as relay:
        machines.append(Machine(depot, tmp_path, relay.url, digest))
        machines[0].go()
        machines[0].process.communicate()
        depot.fetcher(tmp_path, relay.url).fetch(digest, SIZE)
    assert is_whole(tmp_path, DATA)
    assert sum(relay.answered) < SIZE + 600_000


def test_a_write_that_fails_leaves_what_was_written(depot: Depot, tmp_path: Path) -> None:
    """The kernel refuses the bytes after the first million: another call completes the document."""
    digest = depot.store(DATA)
    machine = Machine(depot, tmp_path, depot.url, digest)
    resource.prlimit(machine.pid, resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    machine.go()
    answer = machine.answer()
    assert answer["error"] == "StoreUnavailable", answer
    assert find_part(tmp_path, digest).stat().st_size == 1_000_000
    depot.fetcher(tmp_path).fetch(digest, SIZE)
    assert is_whole(tmp_path, DATA)


def test_a_disk_that_fills_up_meanwhile_is_told_and_nothing_breaks(depot: Depot, tmp_path: Path) -> None:
    """N4: a small disk of its own, filled by somebody else while the document arrives."""
    inside = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT, "sh", str(tmp_path))
    if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a disk of their own in a namespace")
    digest = depot.store(DATA)
    machines: list[Machine] = []
    fill = lambda: _fill(Path(f"/proc/{machines[0].pid}/root{tmp_path}"))  # noqa: E731
    with cut_connections(depot.port, (1_000_000,), fill) as relay:
        machines.append(Machine(depot, tmp_path, relay.url, digest, before=inside))
        machines[0].go()
        answer = machines[0].answer()
    assert answer["error"] == "NoSpace", answer
    assert "free some space there" in answer["words"]


_MOUNT = 'mount -t tmpfs -o size=4m none "$1" && shift && exec "$@"'


def _fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            return


def test_a_document_larger_than_the_disk_is_not_begun(depot: Depot, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with cut_connections(depot.port, ()) as relay, pytest.raises(NoSpace):
        depot.fetcher(tmp_path, relay.url).fetch("1" * 64, free * 2)
    assert relay.answered == []


def test_a_fetcher_that_is_closed_lets_go(depot: Depot, tmp_path: Path) -> None:
    digest = depot.store(DATA)
    fetcher = depot.fetcher(tmp_path)
    fetcher.close()
    with pytest.raises(StoreUnavailable, match="shut down"):
        fetcher.fetch(digest, SIZE)
    depot.fetcher(tmp_path).fetch(digest, SIZE)
    assert is_whole(tmp_path, DATA)


def test_what_is_there_needs_no_server(tmp_path: Path, depot: Depot) -> None:
    digest = depot.store(DATA)
    depot.fetcher(tmp_path).fetch(digest, SIZE)
    assert depot.fetcher(tmp_path, "http://127.0.0.1:9").fetch(digest, SIZE).stat().st_size == SIZE
    assert not list((tmp_path / "incoming").iterdir())
