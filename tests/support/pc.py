"""A PC with its receiver as a process of its own, at a real server."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pc_client.receiver.inbox import Document, Inbox
from pc_client.server.commands import enrol_pc
from pc_client.settings import FILE
from tests.support.patience import wait_until
from tests.support.server import ROOT, Server, run_server

PATIENCE = 120.0
ADDRESS = "pc:frontdesk"


@dataclass
class Pc:
    """`windows` is a file with the address of each window that was opened, a line each. `program`: what Python runs."""

    home: Path
    windows: Path
    environment: dict[str, str] = field(repr=False)
    program: tuple[str, ...] = ("pc_client",)
    process: subprocess.Popen[str] | None = None
    said: str = ""

    def start(self, *arguments: str) -> None:
        """Start the receiver and wait until it runs."""
        self._run(*self.program, "receiver", "--home", str(self.home), *arguments)

    def start_crashing(self, when: str, point: str) -> None:
        """Start one that dies at an instant (`tests.support.pc_crash`)."""
        told = ("receiver", "--home", str(self.home), "--headless")
        self._run("tests.support.pc_crash", when, point, *told)

    def _run(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        with (self.home / "receiver.out").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        self.said = self.process.stdout.readline().strip() if ready else ""
        assert self.said, (self.home / "receiver.out").read_text()

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As the session's end does."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(number)
            process.wait(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()

    def documents(self) -> list[Document]:
        """What is here, the oldest first. The server says completed before its PC has heard so: then `wait_for`."""
        inbox = Inbox(self.home)
        try:
            return inbox.list_here()[::-1]
        finally:
            inbox.close()

    def wait_for(self, count: int) -> list[Document]:
        """Until so many documents are here."""
        wait_until(lambda: len(self.documents()) >= count, self.documents)
        return self.documents()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a `pc-client` command on this home."""
        command = [sys.executable, "-m", *self.program, *arguments, "--home", str(self.home)]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def end_windows(self) -> None:
        """End the browsers of this home: they outlive the receiver."""
        mark = f"--user-data-dir={self.home}/window"
        for path in Path("/proc").iterdir():
            if path.name.isdigit():
                with contextlib.suppress(OSError):
                    if mark in (path / "cmdline").read_bytes().decode(errors="replace").split("\0"):
                        os.kill(int(path.name), signal.SIGTERM)

    def opened(self) -> list[str]:
        """Addresses of the windows that came up."""
        return self.windows.read_text().split() if self.windows.exists() else []


class Window:
    """A window of a PC's program, by its address alone: it gets in with its key, and asks as its page does. `facts` are
    those of the address."""

    def __init__(self, address: str) -> None:
        self.base, _, told = address.partition("#")
        self.facts = dict(one.partition("=")[::2] for one in told.split("&"))
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        self.fetch("POST", "enter", {"key": self.facts["key"]})

    def fetch(self, method: str, path: str, body: object = None) -> bytes:
        """The answer to a request; raises `urllib.error.HTTPError`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Screen": "1", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base}api/{path}", data, headers, method=method)
        with self._opener.open(request, timeout=PATIENCE) as answer:
            return bytes(answer.read())


def make_pc(server: Server, home: Path, extra: Mapping[str, str] | None = None, address: str = ADDRESS) -> Pc:
    """A PC that is enrolled; its line must stand in all.rec."""
    home.mkdir(parents=True, exist_ok=True)
    told = server.command("device", "enrol", address, "--json")
    assert told.returncode == 0, told.stderr
    code = json.loads(told.stdout)["code"]
    windows, browser = home / "windows", home / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{windows}"\n')
    browser.chmod(0o755)
    enrol_pc(home, {"server": server.local()["url"], "address": address, "browser": str(browser)}, code)
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    clean = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    return Pc(home, windows, {**clean, "PYTHONPATH": path, **(extra or {})})


@contextmanager
def run_office_with_pc(
    root: Path, extra: Mapping[str, str] | None = None, **settings: object
) -> Iterator[tuple[Server, Pc]]:
    """A server, and a PC in the group `all` that is enrolled and off."""
    with run_server(root / "home", **settings) as server:
        server.add_group("all.rec", "all", [f"{ADDRESS}; Front desk 受付"])
        pc = make_pc(server, root / "pc", extra)
        try:
            yield server, pc
        finally:
            pc.kill()


def change_setting(pc: Pc, **changes: object) -> None:
    """Write into its settings; it reads them at its next start."""
    FILE.save(pc.home, FILE.change(FILE.load(pc.home), dict(changes)))
