"""The panel of the first demonstration device: enrolled, with a folder as its feeder and a page in it to
distribute, and a folder as a removable medium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.branches import is_free
from deploy.demo.broadcast import distserver
from deploy.demo.processes import Child, DemoFailed
from distwire.local.token import read_token, write_token
from mfp_client.settings import DeviceSettings, SettingsError, change_settings, load_settings, save_settings

_PORT = DeviceSettings().panel_port
_ADDRESS = re.compile(r"http://\S+")
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """Of which device the panel is: home of the server, home of the device, its name and printer, and the board."""

    server_home: Path
    home: Path
    name: str
    uri: str
    board: str

    @property
    def feeder(self) -> Path:
        """The folder that stands for its scanner."""
        return self.home / "feeder"

    @property
    def stick(self) -> Path:
        """The folder that stands for a removable medium; it is pulled by giving it another name."""
        return self.home / "stick"


def start_panel(place: Place, page: Path, children: list[Child]) -> str:
    """Start it, add it to `children`, and return its address. `page` is laid into the feeder at the first start."""
    if not place.feeder.exists():
        place.feeder.mkdir(parents=True)
        shutil.copyfile(page, place.feeder / "notice.pdf")
        place.stick.mkdir(exist_ok=True)
    try:
        save_settings(place.home, _make_settings(place))
    except SettingsError as error:
        raise DemoFailed(f"the panel cannot be set up: {error}") from error
    if not read_token(place.home):
        write_token(place.home, _make_token(place))
    command = [sys.executable, "-P", "-m", "mfp_client", "panel", "--home", str(place.home)]
    child = Child(f"the panel of {place.name}", command, place.home / "panel.log")
    children.append(child)
    return child.wait_for("said where it listens", _announced(child), _START_SECONDS)


def _make_settings(place: Place) -> DeviceSettings:
    return change_settings(
        load_settings(place.home),
        {
            "server": place.board,
            "address": place.uri,
            "name": place.name,
            "printer_uri": place.uri,
            "panel_port": _PORT if is_free(_PORT) else 0,
            "scanners": (f"folder:{place.feeder}",),
            "media_folders": (str(place.stick),),
        },
    )


def _make_token(place: Place) -> str:
    command = distserver(place.server_home, "token", "create", place.uri, "--role", "device", "--json")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    try:
        return str(json.loads(done.stdout)["secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise DemoFailed(f"the device gets no token: {done.stderr.strip()}") from error


def _announced(child: Child) -> Callable[[], str | None]:
    def find() -> str | None:
        text = child.log.read_text(errors="replace")
        found = _ADDRESS.search(text[: text.rfind("\n") + 1])
        return found[0] if found else None

    return find
