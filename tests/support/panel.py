"""A device's panel as a process of its own, with a server and devices that print: what stands in an office."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from PIL import Image

from distwire.local.token import write_token
from mfp_client.settings import DeviceSettings, save_settings
from tests.support.device import ROOT, RunningDevice, start_device
from tests.support.documents import draw_text_page
from tests.support.patience import wait_until
from tests.support.server import Server, run_server

PATIENCE = 120.0
USER, PASSWORD = "1024", "739415826047"
"""Digits: they are typed on the panel's own keys."""

NAMES = ("head office", "kyoto", "osaka")


@dataclass(frozen=True)
class Answer:
    """What the panel's API said."""

    status: int
    body: Any


@dataclass
class Panel:
    """A running panel, and the screen of one person: it keeps their cookie."""

    home: Path
    process: subprocess.Popen[str]
    url: str
    feeder: Path
    _cookie: str = field(default="", repr=False)
    _laid: int = 0

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
        """One request of the screen."""
        data = None if body is None else json.dumps(body).encode()
        shown = {"X-Panel": "1", "Content-Type": "application/json", "Cookie": self._cookie, **headers}
        request = urllib.request.Request(self.url.rstrip("/") + path, data, shown, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                self._keep_cookie(response.headers.get("Set-Cookie"))
                data, kind = response.read(), response.headers.get_content_type()
                return Answer(response.status, json.loads(data) if kind == "application/json" else data)
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read() or b"null"))

    def get(self, path: str) -> Any:
        """The body of a page that is there."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, **body: Any) -> Any:
        """The body of what was taken."""
        answer = self.ask("POST", path, body)
        assert answer.status == 200, answer
        return answer.body

    def log_in(self, user: str, password: str) -> Any:
        """Somebody logs in here."""
        return self.post("/api/log-in", user=user, password=password)

    def lay(self, *pages: Image.Image) -> None:
        """Lay sheets in the feeder, as one file."""
        self._laid += 1
        self.feeder.mkdir(exist_ok=True)
        made = self.feeder / f".{self._laid:03d}.tif"
        pages[0].save(made, save_all=True, append_images=list(pages[1:]), dpi=(200, 200), compression="tiff_lzw")
        made.replace(self.feeder / f"{self._laid:03d}.tif")

    def lay_text(self, pages: int = 1) -> None:
        """Lay pages of text in the feeder."""
        self.lay(*(draw_text_page(lines=10 + number) for number in range(pages)))

    def task(self) -> Any:
        """The task that the screen shows."""
        return self.get("/api/state")["task"]

    def wait_for(self, *steps: str) -> Any:
        """The task, as soon as it is at one of these steps."""
        seen: list[Any] = []

        def is_there() -> bool:
            seen.append(self.task())
            return seen[-1] is not None and seen[-1]["step"] in steps

        wait_until(is_there, lambda: f"the task is not at {steps}: {seen[-1]}")
        return seen[-1]

    def stop(self) -> int:
        """End it as a service manager would."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def start_again(self) -> None:
        """Start it anew on its home, after `stop` or a kill."""
        self.process, self.url = _start(self.home)

    def _keep_cookie(self, said: str | None) -> None:
        if said is not None:
            self._cookie = "; ".join(f"{name}={one.value}" for name, one in SimpleCookie(said).items())


@dataclass
class Office:
    """A server with the groups `everybody` and `sales`, three devices, and the panel of the first one."""

    server: Server
    devices: list[RunningDevice]
    panel: Panel


@contextmanager
def run_panel(home: Path, settings: DeviceSettings) -> Iterator[Panel]:
    """A panel on a home of its own; it scans from the folder `feeder` unless the settings say otherwise."""
    home.mkdir(parents=True, exist_ok=True)
    save_settings(home, settings)
    panel = Panel(home, *_start(home), home / "feeder")
    try:
        yield panel
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            panel.process.terminate()
            panel.process.wait(PATIENCE)
        panel.process.kill()
        panel.process.wait()
        if panel.process.stdout is not None:
            panel.process.stdout.close()


@contextmanager
def run_office_with_user(folder: Path, idle_seconds: int) -> Iterator[Office]:
    """Everything, with a panel at which `USER` logs in."""
    with run_office(folder, log_in="users", idle_seconds=idle_seconds) as office:
        asked = ("user", "add", USER, "--role", "sender", "--password-stdin")
        added = office.server.command(*asked, stdin=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr
        yield office


@contextmanager
def run_office(folder: Path, **changed: Any) -> Iterator[Office]:
    """Everything, for as long as the block runs. `changed` are settings of the panel's device."""
    with contextlib.ExitStack() as stack:
        devices = [
            stack.enter_context(start_device("everything", folder / f"tray-{name}", name=name)) for name in NAMES
        ]
        server = stack.enter_context(run_server(folder / "server"))
        lines = [
            f"{device.uri}; {name}" for device, name in zip(devices, ("head office", "kyoto", "osaka"), strict=True)
        ]
        server.write_group("all.rec", "everybody", lines)
        server.write_group("sales.rec", "sales", lines[1:])
        server.write_group("empty.rec", "nobody yet", [])
        server.wait_for_groups("all.rec", "sales.rec", "empty.rec")
        home = folder / "device"
        home.mkdir()
        write_token(home, make_device_token(server, devices[0].uri))
        (home / "feeder").mkdir()
        wished = {
            "server": server.local()["url"].rstrip("/"),
            "address": devices[0].uri,
            "name": "head office",
            "printer_uri": devices[0].uri,
            "panel_port": 0,
            "scanners": (f"folder:{home / 'feeder'}",),
            "log_in": "none",
            **changed,
        }
        panel = stack.enter_context(run_panel(home, DeviceSettings(**wished)))
        yield Office(server, devices, panel)


def make_device_token(server: Server, address: str) -> str:
    """A token for the device at an address, as an administrator makes it."""
    done = server.command("token", "create", address, "--role", "device", "--json")
    assert done.returncode == 0, done.stderr
    secret: str = json.loads(done.stdout)["secret"]
    return secret


def _start(home: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "mfp_client", "panel", "--home", str(home)]
    with (home / "panel.err").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    url = process.stdout.readline().strip() if ready else ""
    assert url, (home / "panel.err").read_text()
    return process, url
