"""The registry of destinations as a file that people edit at any moment: read when it has changed, never half."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from distserver.errors import LaterError
from distserver.groups.destinations import FILE, DestinationRules, parse_rules
from distserver.groups.filewhole import NotRegular, Signature
from distserver.groups.problems import LineError
from distserver.groups.swap import read_settled

_log = logging.getLogger("distserver.groups")

_BELIEVED_SECONDS = 0.75  # editors empty a file, or take it away, for a moment while they save


class DestinationsFile:
    """Its last good reading. A look costs one call of the system while nothing changes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rules = DestinationRules()
        self._signature: Signature | None = None
        self._empty_since: float | None = None

    def refresh(self) -> DestinationRules:
        """Read it anew if it has changed; while somebody writes it the last reading stands."""
        try:
            signature = Signature.of(self.path.stat())
        except FileNotFoundError:
            if self._signature is not None and self._is_believed():
                self._take(None, DestinationRules())
            return self.rules
        except OSError as error:
            self._take(None, self._unreadable(error.strerror or "unknown reason"))
            return self.rules
        if signature != self._signature:
            self._read(signature)
        return self.rules

    def catch_up(self) -> DestinationRules:
        """`refresh`, and wait a moment when it is empty just now."""
        self.refresh()
        if self._empty_since is not None:
            time.sleep(_BELIEVED_SECONDS)
            self.refresh()
        return self.rules

    def _read(self, signature: Signature) -> None:
        try:
            reading = read_settled(self.path)
        except NotRegular:
            self._take(signature, self._unreadable("it is no regular file"))
        except FileNotFoundError:
            return
        except OSError as error:
            self._take(signature, self._unreadable(error.strerror or "unknown reason"))
        except LaterError:
            return  # somebody writes it: looked at again before long
        else:
            if reading.data or not self.rules.rules or self._is_believed():
                self._take(reading.signature, parse_rules(reading.data, self.path.name))

    def _is_believed(self) -> bool:
        """Whether it has been empty, or away, for long enough to be meant so."""
        now = time.monotonic()
        if self._empty_since is None:
            self._empty_since = now
        return now - self._empty_since >= _BELIEVED_SECONDS

    def _take(self, signature: Signature | None, rules: DestinationRules) -> None:
        changed = rules != self.rules
        self._signature, self._empty_since, self.rules = signature, None, rules
        if not changed:
            return
        _log.info("destinations-read", {"file": self.path.name, "lines": len(rules.rules)})
        for problem in rules.problems:
            _log.warning("destination-problem", {"file": problem.file, "line": problem.line, "reason": problem.reason})

    def _unreadable(self, why: str) -> DestinationRules:
        return DestinationRules(problems=(LineError(FILE, 0, f"the file cannot be read: {why}"),))
