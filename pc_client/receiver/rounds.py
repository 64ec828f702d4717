"""What a thread of the receiver does again and again, and at once when something happens."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod


class Rounds(ABC):
    """`run` goes round until `end`: at once when it was woken, else every so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._bell = threading.Event()
        self._ended = False

    def wake(self) -> None:
        """There is something to do."""
        self._bell.set()

    def end(self) -> None:
        """Begin no other round."""
        self._ended = True
        self._bell.set()

    def run(self) -> None:
        """Until `end`."""
        while not self._ended:
            self.go_round()
            self._bell.wait(self._seconds)
            self._bell.clear()  # before it is seen whether this was the end: a call that comes just now is heard

    @abstractmethod
    def go_round(self) -> None:
        """Do what there is to do; what fails is said, and tried again in a later round."""
