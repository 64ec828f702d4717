"""Tells at once when something in a directory changes, where the system can tell (inotify through watchfiles)."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import watchfiles

_log = logging.getLogger("distserver.groups")


class DirectoryWatch:
    """Sets `wake` when a group file may have changed. Says nothing where the system has no notification: whoever
    depends on it looks for himself from time to time."""

    def __init__(self, directory: Path, wake: threading.Event) -> None:
        self._directory = directory
        self._wake = wake
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._identity: tuple[int, int] | None = None

    def start(self) -> None:
        """Begin, if the directory is there; `keep_on` begins later otherwise."""
        if not self._directory.is_dir():
            return
        status = self._directory.stat()
        self._identity = (status.st_dev, status.st_ino)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._stopping,), name="group-watch", daemon=True)
        self._thread.start()

    def keep_on(self, identity: tuple[int, int] | None) -> None:
        """Begin again when another directory has taken the place of the one that is watched."""
        if identity is not None and identity != self._identity:
            self.stop()
            self.start()

    def stop(self) -> None:
        """End watching."""
        thread, self._thread = self._thread, None
        self._identity = None
        if thread is not None:
            self._stopping.set()
            thread.join()

    def _run(self, stopping: threading.Event) -> None:
        try:
            changes = watchfiles.watch(
                self._directory,
                watch_filter=lambda _change, path: path.endswith(".rec"),
                debounce=60,
                step=20,
                stop_event=stopping,
                rust_timeout=1000,
                recursive=False,
                raise_interrupt=False,
            )
            for _ in changes:
                self._wake.set()
        except (OSError, RuntimeError) as error:
            _log.warning("groups-watch-unavailable", {"directory": self._directory, "reason": str(error)})
