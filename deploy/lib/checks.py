"""Runs every check: ruff, mypy, import-linter, then pytest, whose summary is the last line of output.

With arguments, pytest alone, with these arguments. The exit code is 0 only if every step is content; a step that is not
is named again just above pytest's summary (`step_report.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from deploy.lib.mends import ROOT

_BIN = Path(sys.executable).parent
_STEPS = (
    ("ruff check", [str(_BIN / "ruff"), "check", "."]),
    ("ruff format", [str(_BIN / "ruff"), "format", "--check", "."]),
    ("mypy", [sys.executable, "-P", "-m", "mypy"]),
    ("import-linter", [str(_BIN / "lint-imports")]),
)
_MOST_WORKERS = 8
_WORKER_MB = 1500
"""What a worker takes at most, with the servers, printers and browsers of its tests."""


def main(arguments: list[str]) -> int:
    """Run the steps in the clone; the exit code."""
    failed = [] if arguments else [name for name, command in _STEPS if not _passes(name, command)]
    _announce("pytest")
    code = subprocess.run(_pytest(arguments, failed), cwd=ROOT, check=False).returncode
    return code or (1 if failed else 0)


def _pytest(arguments: list[str], failed: list[str]) -> list[str]:
    """Neighbouring tests stay on one worker while there are enough, so that what a module starts is started once."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    workers = count_workers(os.cpu_count() or 2, memory)
    command = [sys.executable, "-P", "-m", "pytest", "-n", str(workers), "--dist", "worksteal"]
    command += ["-p", "deploy.lib.step_report", "--failed-step", ", ".join(failed)] if failed else []
    return command + arguments


def count_workers(cores: int, memory_mb: int) -> int:
    """Two for each core where there is room for them, else three for two cores.

    For more than a third of its time a worker waits: for a process that starts, a device, a limit that passes.
    """
    cores = max(cores, 2)
    return min(max(cores * 3 // 2, min(cores * 2, memory_mb // _WORKER_MB)), _MOST_WORKERS)


def _passes(name: str, command: list[str]) -> bool:
    _announce(name)
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0


def _announce(name: str) -> None:
    print(f"== {name}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
