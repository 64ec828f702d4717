"""Child processes of one tree: started, watched, started again when they die, ended together."""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

_CODE = Path(__file__).parents[2]
_CALM_SECONDS = 30.0
_FREE_DEATHS = 2
_LONGEST_PAUSE = 2.0  # with what a start takes, it goes on within 5 s even so (SPEC N4)
_LOOK_SECONDS, _PAUSING_SECONDS = 1.0, 0.1
_GRACE_SECONDS = 25.0
_CRASHES = frozenset((signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE))


@dataclass
class Child:
    """One process of `python -m distserver ARGUMENTS…`; `pass_fds` are open in it. `setup` codes end it for good."""

    name: str
    arguments: Sequence[str]
    environment: dict[str, str]
    pass_fds: tuple[int, ...] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _started: float = 0.0
    _deaths: int = 0
    _not_before: float = 0.0
    _last: str = ""

    def start(self) -> None:
        """Start the process."""
        paths = [str(_CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, **self.environment, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
        environment[f"DISTSERVER_LAST_{self.name.upper()}"] = self._last
        command = [sys.executable, "-P", "-m", "distserver", *self.arguments]
        self._process = subprocess.Popen(
            command, env=environment, pass_fds=self.pass_fds, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._started = time.monotonic()
        log.info("child-started", {"name": self.name, "pid": self._process.pid})

    def look_after(self, now: float) -> int | None:
        """Start it again if it has died and its pause is over; its exit code when it has just died."""
        if self._process is None:
            if now >= self._not_before:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        self._last = f"{self._process.pid}:{'crashed' if -code in _CRASHES or code > 0 else 'ended'}"
        self._process = None
        self._deaths = 0 if now - self._started > _CALM_SECONDS else self._deaths + 1
        pause = (
            0.0 if self._deaths <= _FREE_DEATHS else min(0.25 * 2.0 ** (self._deaths - _FREE_DEATHS), _LONGEST_PAUSE)
        )
        self._not_before = now + pause
        log.warning("child-died", {"name": self.name, "code": code, "again_in": round(pause)})
        return code

    @property
    def pausing(self) -> bool:
        """It has died again and again, and is started again after a while."""
        return self._process is None

    def ask_to_end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait_for_end(self, until: float) -> None:
        """Wait for it until the time `until`, then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("child-killed", {"name": self.name})
            self._process.kill()
            self._process.wait()


def keep_running(children: Sequence[Child], final: frozenset[int]) -> int:
    """Keep the children running until SIGTERM or SIGINT, then end them; 0.

    A child that ends with a code of `final` would end so again: all are ended, and that code is returned.
    """
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.append(number))
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a death is heard at once
    code = 0
    try:
        bell = _hear_signals()
        for child in children:
            child.start()
        while not asked:
            codes = [child.look_after(time.monotonic()) for child in children]
            code = next((found for found in codes if found in final), 0) or 0
            if code:
                break
            if all(found is None for found in codes):  # else it is to be started again
                pause = _PAUSING_SECONDS if any(child.pausing for child in children) else _LOOK_SECONDS
                if select.select([bell], [], [], pause)[0]:
                    os.read(bell, 4096)
    finally:
        until = time.monotonic() + _GRACE_SECONDS
        for child in children:
            child.ask_to_end()
        for child in children:
            child.wait_for_end(until)
    return code


def _hear_signals() -> int:
    """A descriptor from which a byte can be read for each signal of this process, for the rest of its life."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading
