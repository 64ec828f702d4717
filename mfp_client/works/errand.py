"""One task on its way: its board, its stop, and what is said to it while it runs."""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mfp_client.memory.records import Asker, StoredDocument
from mfp_client.memory.store import ImageMemory
from mfp_client.works.faults import Stopped
from mfp_client.works.progress import Board, Question, Step, Task, Trouble
from mfp_client.works.tools import Tools
from mfp_client.works.wishes import Wishes

if TYPE_CHECKING:
    from mfp_client.works.sending import Sender


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody has answered a question."""

    answer: str


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody has pressed start: these wishes count from now on."""

    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Retried:
    """Somebody wants deliveries sent again, all that failed or these."""

    numbers: tuple[int, ...] | None


Said = Answered | Told | Retried


class Errand:
    """Of one thread, which calls everything here but `say` and `end`."""

    def __init__(self, tools: Tools, sender: Sender, board: Board) -> None:
        self.tools = tools
        self.sender = sender
        self.board = board
        self.stop = threading.Event()
        self.leaves = False  # what was scanned stays, when the task is ended in the middle
        self.drops = False  # it goes then, also what had broken off before, and an order that was refused
        self.ending: Trouble | None = None  # what the end in the middle came to, where that is to be told
        self.lasting: Trouble | None = None  # did not end the task, and is shown until its end
        self.previews: dict[int, bytes] = {}
        self.watched: frozenset[str] = frozenset()  # keys of orders whose end the board shows
        self._said: queue.SimpleQueue[Said | None] = queue.SimpleQueue()

    @property
    def task(self) -> Task:
        """The record of this instant."""
        return self.board.task

    @property
    def wishes(self) -> Wishes:
        """As they are now."""
        return self.board.task.wishes

    @property
    def memory(self) -> ImageMemory:
        """The device's."""
        return self.tools.memory

    @property
    def asker(self) -> Asker:
        """Whose task it is, to the memory."""
        return self.board.task.person.asker

    def say(self, said: Said) -> None:
        """From another thread: something for the task."""
        self._said.put(said)

    def end(self) -> None:
        """From another thread: the task is not wanted any more."""
        self.stop.set()
        self._said.put(None)

    def check(self) -> None:
        """Raises `Stopped` once the task is not wanted any more."""
        if self.stop.is_set():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Wait so long. Raises `Stopped` as soon as the task is not wanted any more."""
        self.stop.wait(seconds)
        self.check()

    def listen(self, seconds: float | None = None) -> Said | None:
        """What is said next, None when nothing is within so long. Raises `Stopped`."""
        self.check()
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            said = None
        self.check()
        return said

    def enter(self, step: Step, words: str = "") -> None:
        """Show that the task has come to a step."""
        self.check()
        self.board.show(step=step, words=words)

    def ask(self, question: Question) -> str:
        """Ask whoever stands there, however long it takes. Raises `Stopped`."""
        step = self.task.step
        self._forget_said()
        self.board.show(step="asking", question=question)
        while True:
            said = self.listen()
            if isinstance(said, Answered):
                self.board.show(step=step, question=None)
                return said.answer

    def await_start(self) -> Wishes:
        """Show what is going to happen, and wait for start. Raises `Stopped`."""
        self._forget_said()
        self.board.show(step="review", words="")
        while True:
            said = self.listen()
            if isinstance(said, Told):
                self.board.show(wishes=said.wishes, error=self.lasting)
                return said.wishes

    def _forget_said(self) -> None:
        """What was said before something is asked is no answer to it: a key may be pressed twice."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._said.get_nowait()

    def find_documents(self) -> tuple[StoredDocument, ...]:
        """What the wishes name, each once. Raises as `ImageMemory.find`."""
        ids = dict.fromkeys(self.wishes.ids)
        found = tuple(self.memory.find(one, self.asker) for one in ids)
        self.board.show(documents=found)
        return found

    @contextmanager
    def open_folder(self) -> Iterator[Path]:
        """A folder for what a scanner sends, gone afterwards; what a crash leaves of it goes at the next start."""
        folder = self.tools.folder / "scans" / uuid.uuid4().hex
        folder.mkdir(mode=0o700, parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
