"""Processes by their parents, read from /proc: to know which one a test kills."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its id, its parent's, and its command line."""

    pid: int
    parent: int
    command: str

    def kill(self) -> bool:
        """`kill -9`; False when it is gone already."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


def is_alive(pid: int) -> bool:
    """Whether it still runs; what has ended and waits for somebody to ask (a zombie) does not."""
    return _read(Path(f"/proc/{pid}")) is not None


def find_descendants(root: int) -> list[Process]:
    """All processes below `root`, parents before their children."""
    known = [process for path in Path("/proc").iterdir() if path.name.isdigit() and (process := _read(path))]
    found: list[Process] = []
    parents = {root}
    while below := [p for p in known if p.parent in parents and p not in found]:
        found += below
        parents = {p.pid for p in below}
    return found


def _read(path: Path) -> Process | None:
    try:
        stat = (path / "stat").read_text()
        command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    rest = stat.rpartition(")")[2].split()
    return None if rest[0] == "Z" else Process(int(path.name), int(rest[1]), command)
