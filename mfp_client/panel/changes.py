"""A number that grows whenever something on the panel changes, and screens that wait for it."""

from __future__ import annotations

import threading


class Changes:
    """Screens ask with the number that they know, and are answered once it has grown."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._serial = 1
        self._ended = False

    @property
    def serial(self) -> int:
        """The number as it is."""
        return self._serial

    def note(self) -> None:
        """Something has changed."""
        with self._changed:
            self._serial += 1
            self._changed.notify_all()

    def wait(self, known: int, seconds: float) -> int:
        """The number, as soon as it is another than `known`, or after so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._serial != known, seconds)
            return self._serial

    def end(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
