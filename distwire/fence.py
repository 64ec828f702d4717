"""Child processes for what strangers wrote: whatever a document does to a decoder, it does it there, within limits.

Every child has limits of its own and calls `set_limits` before it touches anything; the rest is the same for all.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

with contextlib.suppress(ModuleNotFoundError):  # Windows knows no such limits
    import resource

_CPU_GRACE = 5
_NEEDED = ("SYSTEMROOT",)  # without which Windows starts no Python


def set_limits(*, memory: int, file_octets: int, cpu_seconds: int | None = None) -> None:
    """Limit this process for good: address space and the size of files that it writes (octets), CPU time, no core.

    At the end of its CPU time it gets SIGXCPU, and is killed soon after. On Windows, which knows no such limits, there
    are none.
    """
    if sys.platform == "win32":
        return
    limits = {resource.RLIMIT_AS: memory, resource.RLIMIT_FSIZE: file_octets, resource.RLIMIT_CORE: 0}
    for what, limit in limits.items():
        resource.setrlimit(what, (limit, limit))
    if cpu_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + _CPU_GRACE))


def find_packages() -> dict[str, str]:
    """Variables with which a child finds our packages as we do, and starts few threads: each costs address space."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def make_environment() -> dict[str, str]:
    """All that a child is told of our environment: no keys or passwords are among it."""
    kept = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    return {**kept, **find_packages(), "LC_ALL": "C.UTF-8", "PATH": os.defpath}


def make_command(module: str, *arguments: str) -> list[str]:
    """Run a module of ours, never one that happens to lie in the working directory."""
    return [sys.executable, "-P", "-m", module, *arguments]


def start_child(module: str, *arguments: str, buffered: bool = True) -> subprocess.Popen[bytes]:
    """Run a module of ours with pipes to its input and from its output; what it says to standard error is dropped."""
    return subprocess.Popen(
        make_command(module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=-1 if buffered else 0,
        env=make_environment(),
    )
