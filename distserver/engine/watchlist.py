"""Which other workers are dead: by their process on this machine, by their silence on others (SPEC N4).

Silence is measured by our own clock, from when we saw the last sign of life change: whose clock is wrong is not dead.
Nor is, who could not write it down because the database was away, or whom we could not see because we were stopped.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from distserver.jobs.lifecycle import CRASH, UNEXPLAINED
from distserver.store.executors import Executor


class Watchlist:
    """What one worker has seen of the others.

    `host` names where a process id means the same process. `alone`: the database is a file that one machine uses at a
    time, so that who is not on this `host` was there before the machine was started.
    """

    def __init__(
        self, own_id: str, host: str, lease: float, *, alone: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._own_id = own_id
        self._host = host
        self._lease = lease
        self._alone = alone
        self._clock = clock
        self._looked = -lease
        self._seen: dict[str, tuple[float, float]] = {}

    def find_dead(self, known: Sequence[Executor]) -> Iterator[tuple[Executor, float]]:
        """Those that are dead, and what their death weighs against what they carried."""
        now = self._clock()
        blind = now - self._looked > self._lease / 2
        self._looked = now
        self._seen = {} if blind else {one.id: self._seen[one.id] for one in known if one.id in self._seen}
        for one in known:
            if one.id == self._own_id:
                continue
            here = one.host == self._host
            if (here and not _process_exists(one.pid)) or (self._alone and not here):
                yield one, _weigh(one)
                continue
            beat, since = self._seen.get(one.id, (one.beat, now))
            self._seen[one.id] = (one.beat, now if beat != one.beat else since)
            if now - self._seen[one.id][1] > self._lease:
                yield one, UNEXPLAINED


def this_host() -> str:
    """Where process ids mean what they mean here: the machine, since it was started, and its space of process ids."""
    boot, space = "", ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:8]
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    return f"{socket.gethostname()}/{boot}/{space}"


def _weigh(one: Executor) -> float:
    """The supervisor tells its new worker how the last one ended."""
    pid, _, crashed = os.environ.get("DISTSERVER_LAST_WORKER", "").partition(":")
    return CRASH if pid == str(one.pid) and crashed == "crashed" else UNEXPLAINED


def _process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
