"""The registry of destinations on its way from the web server's file to the workers of every machine (SPEC D15, N4).

The web server reads the file and puts its text into the database; each worker looks there once a second. So one file
holds for all, and an edit holds for what waits.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable

from distserver.errors import LaterError
from distserver.groups.destinations import DestinationRules, parse_rules
from distserver.groups.destinations_file import DestinationsFile
from distserver.model.states import Reason
from distserver.store import destination_rules as store
from distserver.store.database import Database

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_ASK_SECONDS = 1.0
_WAITS_FOR_RULES = (Reason.OUTSIDE_WINDOW, Reason.SECRET_MISSING)


class RulePublisher:
    """Of the web server: follows the file. `plan` plans a delivery by `rules` as they are then; `wake` tells the
    workers."""

    def __init__(
        self, file: DestinationsFile, database: Database, clock: Callable[[], float], wake: Callable[[], None]
    ) -> None:
        self._file = file
        self._database = database
        self._clock = clock
        self._wake = wake
        self._published: str | None = None
        self._looks = _Looks("destination-rules", _LOOK_SECONDS, self.look)
        self.plan: store.Plan | None = None

    @property
    def rules(self) -> DestinationRules:
        """As the file was read last."""
        return self._file.rules

    def start(self) -> None:
        """Read and publish it, and follow it from now on."""
        self._file.catch_up()
        self._looks.start()

    def stop(self) -> None:
        self._looks.stop()

    def look(self) -> None:
        """Read it if it has changed, and publish it if the database has another. Raises `LaterError`."""
        text = self._file.refresh().text
        digest = hashlib.sha256(text.encode()).hexdigest() if text else ""
        if digest != self._published:
            self._publish(digest, text)
            self._published = digest

    def _publish(self, digest: str, text: str) -> None:
        with self._database.read() as connection:
            if store.find_digest(connection) == digest:
                return
        after: int | None = 0
        while after is not None and self.plan is not None:
            with self._database.begin() as connection:
                after = store.plan_anew(connection, self.plan, after)
        with self._database.begin() as connection:  # last: what breaks off before is begun again
            store.write_text(connection, digest, text, self._clock())
            store.wake_waiting(connection, _WAITS_FOR_RULES, self._clock())
        log.info("destinations-published", {"lines": len(self.rules.rules)})
        self._wake()


class RuleBook:
    """Of a worker: the rules as the web server has published them. `wake` is called when they have changed."""

    def __init__(self, database: Database, wake: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._digest = ""
        self._looks = _Looks("destination-rules", _ASK_SECONDS, self.look)
        self.wake = wake
        self.rules = DestinationRules()

    def start(self) -> None:
        """Read them, and look again from now on."""
        self._looks.start()

    def stop(self) -> None:
        self._looks.stop()

    def look(self) -> None:
        """Read them anew if they have changed. Raises `LaterError`."""
        with self._database.read() as connection:
            if store.find_digest(connection) == self._digest:
                return
            self._digest, text = store.read_text(connection)
        self.rules = parse_rules(text.encode())
        self.wake()


class _Looks:
    """A look at the beginning, and then from a thread of its own every few moments; one that fails is made again."""

    def __init__(self, name: str, pause: float, look: Callable[[], None]) -> None:
        self._pause = pause
        self._look = look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._try_to_look()
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._pause):
            self._try_to_look()

    def _try_to_look(self) -> None:
        try:
            self._look()
        except LaterError as error:
            log.warning("destination-rules-put-off", {"error": str(error)})
        except Exception:  # outermost loop: the rules that are known stay in force
            log.exception("destination-rules-broke")
