"""A device's works on real parts: a server, the device's own printer with a tray, a watched folder as feeder."""

from __future__ import annotations

import contextlib
import itertools
import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from distwire.local.token import write_token
from distwire.scan.choice import open_scanner
from distwire.scan.contract import Scanner
from distwire.scan.folder import FolderFeeder, FolderPatience
from mfp_client.memory.media import MountedMedium
from mfp_client.memory.records import Limits
from mfp_client.memory.store import ImageMemory
from mfp_client.server.link import Link
from mfp_client.settings import DeviceSettings
from mfp_client.works.person import Person
from mfp_client.works.progress import Task
from mfp_client.works.tools import Tools
from mfp_client.works.wishes import read_wishes
from mfp_client.works.works import Works
from tests.support.patience import MOST_SECONDS, wait_until
from tests.support.server import Server

ADDRESS = "discard:own"
_QUICK = FolderPatience(settle=0.05, poll=0.02, unfinished=5.0)
_LIMITS = Limits(reserve=0)
_numbers = itertools.count(1)


def open_quickly(uri: str) -> Scanner:
    """As `open_scanner`; a watched folder with little patience."""
    kind, _, rest = uri.partition(":")
    return FolderFeeder(Path(rest), _QUICK) if kind == "folder" else open_scanner(uri)


@dataclass
class DeviceWorks:
    """`works` of one device, whose pages are laid into `feeder`. `media` are what is in."""

    home: Path
    memory: ImageMemory
    works: Works
    feeder: Path
    media: list[MountedMedium] = field(default_factory=list)

    def start(self, kind: str, person: Person, **said: Any) -> Task:
        """As a screen does it."""
        chosen, wishes = read_wishes(kind, said)
        return self.works.start(chosen, wishes, person)

    def go(self, **said: Any) -> None:
        """Press start at the review."""
        task = self.task
        self.works.go(read_wishes(task.kind, said)[1])

    @property
    def task(self) -> Task:
        task = self.works.current
        assert task is not None
        return task

    def wait(self, *steps: str) -> Task:
        """Until the task has come to one of these steps."""
        wait_until(lambda: self.task.step in steps, lambda: self.task)
        return self.task

    def lay(self, *pages: Image.Image, dpi: int = 100, suffix: str = ".tif") -> None:
        """Lay sheets into the feeder, each as a file of its own."""
        for page in pages:
            hidden = self.feeder / f".{next(_numbers):06}{suffix}"
            page.save(hidden, dpi=(dpi, dpi))
            hidden.rename(hidden.with_name(hidden.name[1:]))


def office_settings(server: str, feeder: Path, printer: str = "ipp://127.0.0.1:9/ipp/print", **more: Any) -> Any:
    """Settings of a device with one feeder."""
    scanners = (f"folder:{feeder}",)
    said = {"server": server, "address": ADDRESS, "printer_uri": printer, "scanners": scanners, **more}
    return DeviceSettings(**said)


@contextlib.contextmanager
def run_works(
    home: Path, settings: Any, grants: Callable[[str], str | None] | None = None, limits: Limits = _LIMITS
) -> Iterator[DeviceWorks]:
    """The works of a device, for as long as the block runs."""
    feeder = Path(settings.scanners[-1].removeprefix("folder:"))
    if settings.scanners[-1].startswith("folder:"):
        feeder.mkdir(parents=True, exist_ok=True)
    media: list[MountedMedium] = []
    with ImageMemory(home, limits) as memory:
        link = Link(settings, home, grants or (lambda _user: ""))
        tools = Tools(memory, settings, link, home, open_scanner=open_quickly, media=lambda: media)
        works = Works(tools)
        try:
            yield DeviceWorks(home, memory, works, feeder, media)
        finally:
            works.close()


def make_device_token(server: Server, home: Path, address: str = ADDRESS) -> None:
    """Enrol the device: its token, made by an administrator."""
    write_token(home, administer(server, "POST", "/api/v1/tokens", subject=address, role="device")["secret"])


def administer(server: Server, method: str, path: str, **body: object) -> Any:
    """What an administrator does over the API."""
    local = server.local()
    headers = {"Authorization": f"Bearer {local['token']}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(local["url"].rstrip("/") + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=MOST_SECONDS) as answer:
        return json.loads(answer.read() or b"null")


def server_url(server: Server) -> str:
    """Where it listens."""
    return server.local()["url"].rstrip("/")
