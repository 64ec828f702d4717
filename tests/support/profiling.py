"""A worker under cProfile, in all its threads; nothing in the product knows of it.

Time is the wall's, for a thread's CPU clock costs a system call at every call that is profiled; what only waits is left
out of the table instead.

`profile_workers` makes every worker that is started in its block write its profile to a file when it ends.
"""

from __future__ import annotations

import atexit
import cProfile
import os
import pstats
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WAITS = ("SimpleQueue", "'acquire' of '_thread", "time.sleep", "'poll' of 'select", "select.select", "_thread.RLock")
_HOOK = Path(__file__).parent / "profiled"


@contextmanager
def profile_workers(path: Path) -> Iterator[None]:
    """For the servers that this process starts in the block."""
    before = dict(os.environ)
    os.environ["PROFILE_TO"] = str(path)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_HOOK), before.get("PYTHONPATH"))))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def print_profile(path: Path, rows: int = 40) -> None:
    """The functions that took most time themselves."""
    stats = pstats.Stats(str(path))
    timed = stats.stats  # type: ignore[attr-defined]
    for function in [each for each in timed if any(word in each[2] for word in _WAITS)]:
        del timed[function]
    stats.strip_dirs().sort_stats("tottime").print_stats(rows)


def begin_profile(path: str) -> None:
    """Profile this process from now on; a child that is forked from it is none of ours."""
    profiles: list[cProfile.Profile] = []
    here = os.getpid()
    end_at_once = os._exit

    def begin_thread(*_: object) -> None:
        profile = cProfile.Profile()
        profiles.append(profile)
        profile.enable()

    def write() -> None:
        if os.getpid() == here and profiles:
            threading.setprofile(None)
            stats = pstats.Stats(profiles[0])
            for profile in profiles[1:]:
                profile.create_stats()
                if profile.getstats():
                    stats.add(profile)
            profiles.clear()
            stats.dump_stats(path)

    def write_and_end(code: int) -> None:
        write()
        end_at_once(code)

    threading.setprofile(begin_thread)
    begin_thread()
    atexit.register(write)
    os._exit = write_and_end  # type: ignore[assignment]
