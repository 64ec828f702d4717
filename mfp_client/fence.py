"""Limits of a child process that reads what strangers wrote: a hostile document may cost memory, time and disk only so
far."""

from __future__ import annotations

import os
import resource
from pathlib import Path

MEMORY = 3 << 30
CPU_SECONDS = 600
FILE_SIZE = 1 << 30


def set_limits(memory: int = MEMORY, cpu_seconds: int = CPU_SECONDS, file_size: int = FILE_SIZE) -> None:
    """Limit this process, for good."""
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def make_environment() -> dict[str, str]:
    """What a child needs to find our packages, and to start few threads (each costs address space)."""
    root = Path(__file__).resolve().parents[1]
    return {"PYTHONPATH": str(root), "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8", "PATH": os.defpath}
