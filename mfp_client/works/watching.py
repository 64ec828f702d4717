"""Jobs that nobody looks at any more: followed to their end, so that whoever sent them hears of what failed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from distwire.api.failures import ApiError, Refused
from distwire.api.jobs import Job
from mfp_client.works.faults import SignInNeeded
from mfp_client.works.link import ServerLink

_SECONDS = 10.0
_MOST = 200
_ENDED = ("completed", "aborted", "canceled")


class Watcher(threading.Thread):
    """Start it once. `told` is called with each job that has ended, and who sent it."""

    def __init__(self, link: ServerLink, told: Callable[[Job, str], None]) -> None:
        super().__init__(name="watcher", daemon=True)
        self._link = link
        self._told = told
        self._lock = threading.Lock()
        self._watched: OrderedDict[str, str] = OrderedDict()
        self._over = threading.Event()

    def watch(self, job: str, user: str) -> None:
        """Follow a job of somebody; of very many the oldest are forgotten."""
        with self._lock:
            self._watched[job] = user
            while len(self._watched) > _MOST:
                self._watched.popitem(last=False)

    def run(self) -> None:
        """Until `end`."""
        while not self._over.wait(_SECONDS):
            with self._lock:
                watched = list(self._watched.items())
            for job, user in watched:
                if self._over.is_set() or not self._look(job, user):
                    break

    def end(self) -> None:
        """Look no more."""
        self._over.set()

    def _look(self, job: str, user: str) -> bool:
        """Ask for one job; whether it is worth asking for the next one now."""
        try:
            found = self._link.job(user, job)
        except SignInNeeded:
            return True
        except Refused as error:
            if not error.later:
                self._forget(job)
            return not error.later
        except ApiError:
            return False
        if found.state in _ENDED:
            self._forget(job)
            self._told(found, user)
        return True

    def _forget(self, job: str) -> None:
        with self._lock:
            self._watched.pop(job, None)
