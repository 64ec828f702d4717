"""A whole server on a home of its own: `distserver serve` as a process, reached as its users reach it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distserver.settings import Settings
from tests.support.ippeveprinter import find_port
from tests.support.network import is_own
from tests.support.patience import wait_until
from tests.support.processes import Process, find_descendants

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 90.0
_LOOPBACK = "127.0.0.1"


@dataclass
class Server:
    """`process` is the parent of the tree; `environment` holds settings."""

    home: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def command(self, *arguments: str, timeout: float = 300.0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a `distserver` command on this home, with this on its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "distserver", "--home", str(self.home), *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            input=stdin,
            text=True,
            timeout=timeout,
            check=False,
        )

    def send(self, *arguments: str, timeout: float = 300.0) -> dict[str, Any]:
        """`distserver send … --wait --json`: its last line."""
        done = self.command("send", *arguments, "--wait", "--json", timeout=timeout)
        assert done.returncode in (0, 1), done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def descendants(self) -> list[Process]:
        """The processes of the tree below `serve`."""
        return find_descendants(self.process.pid)

    def write_group(self, file: str, name: str, lines: list[str]) -> None:
        """Write a group file as an administrator does."""
        folder = self.home / "groups"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("\n".join([f"# {name}", f"# {file}", *lines, ""]), encoding="utf-8")

    def add_group(self, file: str, name: str, lines: list[str]) -> None:
        """Write a group file, and go on once the server has read it."""
        self.write_group(file, name, lines)
        self.wait_for_groups(file)

    def wait_for_groups(self, *files: str) -> None:
        """Until it has read all of these: it looks about once a second."""

        def look() -> bool:
            return {one["file"] for one in json.loads(self.get("/api/v1/groups"))["groups"]} >= set(files)

        wait_until(look, lambda: f"it has not read {files}")

    def local(self) -> dict[str, str]:
        """Where it listens and the token for its own machine: `url` and `token`."""
        known: dict[str, str] = json.loads((self.home / "tokens" / "local.json").read_text())
        return known

    def get(self, path: str) -> bytes:
        """GET with the local token; waits for the server if it is just being restarted."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            local = json.loads((self.home / "tokens" / "local.json").read_text())
            request = urllib.request.Request(
                local["url"].rstrip("/") + path, headers={"Authorization": f"Bearer {local['token']}"}
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return bytes(answer.read())
            except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
                refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
                if refused or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def job(self, job_id: str) -> dict[str, Any]:
        """The job by the API."""
        answer: dict[str, Any] = json.loads(self.get(f"/api/v1/jobs/{job_id}"))
        return answer

    def start_again(self) -> None:
        """Start `serve` anew on the same port, as the system's supervisor does; does not wait until it is ready."""
        local = json.loads((self.home / "tokens" / "local.json").read_text())
        self.process = _start(self.home, self.environment, urlsplit(local["url"]).port or 0)

    def wait_until_healthy(self) -> None:
        """Return when it can accept a job."""
        deadline = time.monotonic() + _START_SECONDS
        while not (self.home / "tokens" / "local.json").exists():
            assert self.process.poll() is None, "the server ended at its start"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.05)
        self.get("/healthz")


@contextmanager
def run_server(home: Path, hooks: Mapping[str, str] | None = None, **settings: object) -> Iterator[Server]:
    """A server on a free port for as long as the block runs; `settings` by their names, `hooks` are further variables
    of its environment. It has the same ports when it is started again."""
    unknown = settings.keys() - {one.name for one in fields(Settings)}
    assert not unknown, f"no such settings, which the server would pass over: {unknown}"
    quiet = settings.get("host", _LOOPBACK) == _LOOPBACK and settings.get("dnssd", "auto") != "on"
    assert quiet or is_own(), "others would reach this server, and hear of it: it belongs on a network of its own"
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, **(hooks or {})}
    environment |= {f"DISTSERVER_{name.upper()}": str(value) for name, value in settings.items()}
    home.mkdir(parents=True, exist_ok=True)
    server = Server(home, _start(home, environment, int(str(settings.get("port", find_port())))), environment)
    try:
        server.wait_until_healthy()
        yield server
    finally:
        process = server.process
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            below = server.descendants()
            process.kill()
            process.wait()
            for one in below:
                one.kill()


def _start(home: Path, environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    with (home / "serve.out").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "distserver", "--home", str(home), "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
