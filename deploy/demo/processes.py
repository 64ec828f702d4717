"""Child processes of `deploy/run`: started with a log each, watched, and ended by their ids."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_GRACE = 20.0
_libc = ctypes.CDLL(None)

Found = TypeVar("Found")


class DemoFailed(Exception):
    """The demonstration cannot go on; the message is one line for the user."""


class Child:
    """One process; its output goes to `log`, and `pass_fds` stay open in it."""

    def __init__(self, name: str, command: list[str], log: Path, pass_fds: tuple[int, ...] = ()) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=pass_fds,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end them in order
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread runs here
            )

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_for(self, what: str, probe: Callable[[], Found | None], seconds: float) -> Found:
        """Ask `probe` until it answers; raises `DemoFailed` when the process ends or the time is over.

        `what` is a participle: what the process has not done then (`answered`).
        """
        deadline = time.monotonic() + seconds
        while (found := probe()) is None:
            if not self.is_running():
                raise DemoFailed(f"{self.name} ended before it had {what}: {self._last_words()}")
            if time.monotonic() > deadline:
                raise DemoFailed(f"{self.name} has not {what} after {seconds:.0f} s (see {self.log})")
            time.sleep(0.05)
        return found

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)

    def wait_for_end(self) -> None:
        """Wait until it has ended; after a generous while, kill it."""
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f"{lines[-1]} (see {self.log})" if lines else f"it said nothing (see {self.log})"


def end_all(children: list[Child]) -> None:
    """End all in reverse order of their start: the server before the devices it prints on."""
    for child in reversed(children):
        child.ask_to_end()
        child.wait_for_end()


def _end_with_parent() -> None:
    """Should we be killed outright, the system ends our children for us."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
