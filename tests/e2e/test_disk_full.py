"""The disk of the home is full: who sends is refused with words, and what was accepted ends (N2, N4, N7).

The home is on a small tmpfs, which somebody else's file fills up. Who may not mount runs these tests in a user
namespace, where they may.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.board import make_pdf
from tests.support.patience import MOST_SECONDS
from tests.support.second_worker import stopped
from tests.support.server import ROOT, Server, run_server
from tests.support.sink import EVERYWHERE, RASTER_ONLY, Sink, run_sink
from tests.support.small_disk import SmallDisk, may_mount, mount_small_disk

pytestmark = pytest.mark.real
needs_mount = pytest.mark.skipif(not may_mount(), reason="may not mount: see test_in_a_namespace_of_its_own")

_DISK_MB = 96
_RESERVE_MB = 24
_MB = 1 << 20


@dataclass
class Office:
    """A server whose home is on a small disk, and a sink."""

    disk: SmallDisk
    server: Server
    sink: Sink

    def send(self, path: Path, group: str) -> str:
        """Submit; the job."""
        done = self.server.command("send", str(path), "--to", group, "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout.splitlines()[-1])["job"])

    def add_group(self, name: str, count: int) -> None:
        self.server.add_group(f"{name}.rec", name, [f"{self.sink.uri(n)}; {name} {n}" for n in range(count)])

    def wait(self, job: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The job when it is so."""
        deadline = time.monotonic() + MOST_SECONDS
        while not wanted(found := self.server.job(job)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{found}\n{(self.server.home / 'logs' / 'worker.log').read_text()[-4000:]}")
            time.sleep(0.2)
        return found

    def deliveries(self, job: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"]
        return rows

    def submit(self, path: Path, group: str) -> tuple[int, str, dict[str, Any]]:
        """Submit as a program does: status, `Retry-After`, answer."""
        local = json.loads((self.server.home / "tokens" / "local.json").read_text())
        fields = f'--b\r\nContent-Disposition: form-data; name="group"\r\n\r\n{group}\r\n'
        head = f'--b\r\nContent-Disposition: form-data; name="document"; filename="{path.name}"\r\n\r\n'
        body = (fields + head).encode() + path.read_bytes() + b"\r\n--b--\r\n"
        headers = {"Authorization": f"Bearer {local['token']}", "Content-Type": "multipart/form-data; boundary=b"}
        request = urllib.request.Request(local["url"].rstrip("/") + "/api/v1/jobs", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, "", json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Retry-After"], json.loads(error.read())

    def left_over(self) -> list[Path]:
        """What refused submissions left."""
        spool = self.server.home / "spool"
        return [*(spool / "incoming").iterdir(), *(spool / "documents").glob("??/*")]


@contextmanager
def _office(root: Path, formats: tuple[str, ...] = EVERYWHERE, **settings: object) -> Iterator[Office]:
    with ExitStack() as stack:
        disk = stack.enter_context(mount_small_disk(root / "disk", _DISK_MB))
        sink = stack.enter_context(run_sink(formats))
        home = disk.folder / "home"
        server = stack.enter_context(run_server(home, spool_reserve_mb=_RESERVE_MB, **settings))
        yield Office(disk, server, sink)


def _write(path: Path, pages: int = 1, padding: int = 0) -> Path:
    path.write_bytes(make_pdf(pages, path.stem) + b"%" + os.urandom(padding).hex().encode()[:padding])
    return path


@pytest.mark.skipif(may_mount(), reason="may mount: the other tests run here")
def test_in_a_namespace_of_its_own() -> None:
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("neither root nor a user namespace is to be had: nothing can be mounted")
    command = [unshare, "-rm", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@needs_mount
def test_a_job_is_refused_with_words_and_leaves_nothing(tmp_path: Path) -> None:
    """N7: below the reserve at once; a document that does not fit, on the way; and no job of it is to be seen."""
    small, large = _write(tmp_path / "small.pdf"), _write(tmp_path / "large.pdf", padding=80 * _MB)
    with _office(tmp_path) as office:
        office.add_group("everybody", 3)
        refused = office.server.command("send", str(large), "--to", "everybody")
        assert (refused.returncode, office.left_over()) == (75, []), refused.stderr
        assert "free some space" in refused.stderr
        office.disk.fill(leave=10 * _MB)
        status, after, problem = office.submit(small, "everybody")
        assert (status, problem["detail"].count("free some space")) == (507, 1), problem
        assert int(after) > 0
        refused = office.server.command("send", str(small), "--to", "everybody")
        assert (refused.returncode, office.left_over()) == (75, []), refused.stderr
        assert "free some space" in refused.stderr
        assert json.loads(office.server.get("/api/v1/jobs"))["jobs"] == []
        office.disk.clear()
        office.wait(office.send(small, "everybody"), lambda job: job["state"] == "completed")
        assert office.sink.stats()["documents"] == 3


@needs_mount
def test_a_conversion_waits_for_room(tmp_path: Path) -> None:
    """N2, N4: the raster does not fit. Its deliveries are put off with the reason, and come out when it does."""
    path = _write(tmp_path / "long.pdf", pages=4)
    with _office(tmp_path, RASTER_ONLY) as office:
        office.add_group("everybody", 3)
        with stopped(office.sink.pid):  # nothing is asked for before the disk is full
            job = office.send(path, "everybody")
            office.disk.fill()
        office.wait(
            job, lambda job: any("disk is full" in (row["message"] or "") for row in office.deliveries(job["id"]))
        )
        assert office.sink.stats()["documents"] == 0
        office.disk.clear()
        office.wait(job, lambda job: job["state"] == "completed")
        assert (office.sink.stats()["documents"], office.sink.stats()["twice"]) == (3, 0)


@needs_mount
def test_what_was_accepted_ends_on_a_full_disk(tmp_path: Path) -> None:
    """N4: the last octet of the disk is taken in mid-broadcast. The board answers, what came out is told, each once."""
    path, count = _write(tmp_path / "notice.pdf"), 300
    with _office(tmp_path, worker_deliveries=50) as office:
        office.add_group("everybody", count)
        with stopped(office.sink.pid):
            job = office.send(path, "everybody")
            office.disk.fill()
        office.wait(job, lambda job: job["state"] == "completed")
        refused = office.server.command("send", str(path), "--to", "everybody")
        assert refused.returncode == 75, refused.stderr
        assert "Traceback" not in office.server.get("/metrics").decode()
        stats = office.sink.stats()
        assert (stats["documents"], stats["printers"], stats["twice"]) == (count, count, 0)
        office.disk.clear()
        office.wait(office.send(path, "everybody"), lambda job: job["state"] == "completed")
    logs = "".join(path.read_text() for path in (tmp_path / "disk").glob("home/logs/*.log"))
    assert "Traceback" not in logs
