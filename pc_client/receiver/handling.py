"""What people and the headless mode do with documents: read, print, take out."""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pc_client.desktop.refusals import Refusal
from pc_client.receiver.inbox import Document, Inbox, read_clock
from pc_client.receiver.printing import NotPrinted, Printout, lay_into, print_on
from pc_client.receiver.rounds import Rounds

log = logging.getLogger(__name__)

_LOOK_SECONDS = 20.0
_MOST_REFUSALS = 3


class Gone(Refusal):
    """No such document is here."""


def find_document(inbox: Inbox, letter: str) -> Document:
    """A document that is here. Raises `Gone`."""
    found = inbox.find(letter)
    if found is None or found.state != "here":
        raise Gone("this document is not in the inbox any more", "document-gone")
    return found


def print_document(inbox: Inbox, letter: str, printer: str, copies: int) -> None:
    """Print it because somebody wants it, also once more. Raises `Gone`, `NotPrinted`."""
    found = find_document(inbox, letter)
    print_on(printer, Printout(inbox.document_path(letter), found.title, _anew(letter), copies))
    inbox.note_printed(letter, printer, read_clock())


def _anew(letter: str) -> str:
    """A name under which no printer knows it yet."""
    return f"{letter}.{secrets.token_hex(3)}"


class AutoPrinter(Rounds):
    """Prints all that comes, in order, each once: on a queue or printer, or into a folder. Runs in a thread. One that a
    printer has refused several times keeps the others no longer, and is tried again and again."""

    def __init__(self, inbox: Inbox, target: str, told: Callable[[str], None]) -> None:
        super().__init__(_LOOK_SECONDS)
        self._inbox = inbox
        self._target = target
        self._told = told
        self._refusals: Counter[str] = Counter()

    def go_round(self) -> None:
        """Print what has come."""
        try:
            self._print_all()
        except NotPrinted as error:  # the order stays
            log.warning("%s", error)
        except OSError as error:
            log.warning("what came cannot be printed: %s", error)

    def _print_all(self) -> None:
        """Raises `NotPrinted` where the next one has to wait, OSError."""
        for one in self._inbox.list_unprinted():
            try:
                self._print(one)
            except NotPrinted as error:
                self._refusals[one.id] += error.refused
                if self._refusals[one.id] < _MOST_REFUSALS:
                    raise
                log.warning("%s; the next ones are printed", error)

    def _print(self, one: Document) -> None:
        """The printer is asked for its name first: a program that ended in between has printed it, perhaps."""
        printout = Printout(self._inbox.document_path(one.id), one.title, one.id, one.copies)
        if not printout.path.exists():
            log.warning("%s is not printed: its file is not in the inbox any more", one.title)
            return
        try:
            if is_printer(self._target):
                print_on(self._target, printout)
            else:
                lay_into(Path(self._target), printout)
        except NotPrinted as error:
            words = f"{one.title} is not printed yet: {error}"
            raise NotPrinted(words, error.keyword, doubtful=error.doubtful, refused=error.refused) from error
        self._inbox.note_printed(one.id, self._target, read_clock())
        self._inbox.note_announced([one.id], read_clock())
        self._told(f"printed: {one.title}")


def is_printer(target: str) -> bool:
    """`cups:QUEUE`, `ipp:` and `ipps:` are printers; all else is a folder."""
    return target.partition(":")[0] in ("cups", "ipp", "ipps")
