"""CPU and memory of whole trees of processes, from /proc."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tests.support.processes import find_descendants

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process, of all below it, and of all that ended there and were waited for.

    What a process used that has ended but was not yet waited for, or whose parent died first, is in nobody's account:
    measure when the tree has come to rest.
    """
    return sum(_cpu_of(one) for one in (pid, *(process.pid for process in find_descendants(pid))))


def cpu_of_own_children() -> float:
    """CPU seconds of this process's children that ended."""
    times = os.times()
    return times.children_user + times.children_system


def peak_mb(pid: int) -> float:
    """Largest resident memory so far, or since `forget_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def forget_peak(pid: int) -> None:
    """Begin a new peak where the kernel allows it (proc_pid_clear_refs(5)); else the old one stays."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _cpu_of(pid: int) -> float:
    """utime, stime, cutime and cstime (proc_pid_stat(5))."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    return sum(int(word) for word in stat.rpartition(")")[2].split()[11:15]) / _TICK
