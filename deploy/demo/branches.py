"""Three demonstration devices and the group file that names them."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.processes import Child

GROUP = "demonstration branches"
_GROUP_FILE, _ALL_FILE = "demo.rec", "all.rec"
_URI = re.compile(r"ipps?://\S+")
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Branch:
    """A device that is to be: `profile` is what it can take (`mfp-client printer --help`)."""

    name: str
    folder: str
    profile: str


BRANCHES = (
    Branch("Sapporo branch", "sapporo", "pdf"),
    Branch("Nagoya branch", "nagoya", "pwg-mono"),
    Branch("Osaka branch", "osaka", "urf"),
)


def start_branches(home: Path, first_port: int, children: list[Child]) -> list[tuple[Branch, str]]:
    """Start every device, add it to `children`, and return it with the URI that it announced.

    Ports follow `first_port` where they are free, so that a delivery left over from the last run finds its device.
    """
    started = []
    for number, branch in enumerate(BRANCHES):
        folder = home / "demo" / branch.folder
        command = [sys.executable, "-P", "-m", "mfp_client", "printer", "--name", branch.name]
        command += ["--port", str(_free_port(first_port + number)), "--tray", str(folder / "tray")]
        child = Child(branch.name, [*command, "--profile", branch.profile], folder / "device.log")
        children.append(child)
        started.append((branch, child))
    return [
        (branch, child.wait_for("said where it listens", _announced(child), _START_SECONDS))
        for branch, child in started
    ]


def write_groups(groups: Path, branches: list[tuple[Branch, str]]) -> None:
    """Write `demo.rec` (SPEC D1), and the devices' own lines of `all.rec`, so that their panels can register them."""
    members = [f"{uri}; {branch.name}" for branch, uri in branches]
    head = [
        f"# {GROUP}",
        f"# {_GROUP_FILE}",
        "# written by deploy/run at each start",
        "# print-from: 127.0.0.1, ::1",
        "",
    ]
    _replace(groups / _GROUP_FILE, [*head, *members])
    everything = groups / _ALL_FILE
    if everything.exists():
        names = tuple(f"; {branch.name}" for branch, _ in branches)
        others = [line for line in everything.read_text(encoding="utf-8").splitlines() if not line.endswith(names)]
        _replace(everything, [*others, *members])


def _replace(path: Path, lines: list[str]) -> None:
    """Where it is not so already; as a whole, never half there."""
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)


def _announced(child: Child) -> Callable[[], str | None]:
    def find() -> str | None:
        text = child.log.read_text(errors="replace")
        found = _URI.search(text[: text.rfind("\n") + 1])
        return found[0].rstrip(".,") if found else None

    return find


def _free_port(wanted: int) -> int:
    return wanted if is_free(wanted) else 0


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
