"""The door to all that a device does: one task at a time, each in a thread of its own."""

from __future__ import annotations

import logging
import shutil
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from distwire.api.failures import ApiError
from distwire.api.jobs import Job
from distwire.scan.faults import ScanError
from mfp_client.marksheet.key import KeyUnusable
from mfp_client.memory.errors import MemoryFault, NotStored, say_id
from mfp_client.memory.records import Asker, StoredDocument
from mfp_client.works.copying import copy_paper, erase_passed
from mfp_client.works.distributing import distribute_document, distribute_file
from mfp_client.works.errand import Answered, Errand, Retried, Told
from mfp_client.works.faults import Busy, NotAsked, Stopped, WorksFault, WrongWish, explain
from mfp_client.works.person import Person
from mfp_client.works.pictures import SIZES, draw_page
from mfp_client.works.printing import NOT_STOPPED
from mfp_client.works.processing import process_documents
from mfp_client.works.progress import Board, Step, Task, Trouble
from mfp_client.works.sending import Sender, Sent
from mfp_client.works.sheets import print_mark_sheets, read_sheets
from mfp_client.works.storing import store_document
from mfp_client.works.taking_out import take_out
from mfp_client.works.tools import Tools
from mfp_client.works.waiting import WaitingOrder
from mfp_client.works.watching import Watcher
from mfp_client.works.wishes import Kind, Wishes, check_wishes

_log = logging.getLogger(__name__)

WORKS: dict[Kind, Callable[[Errand], None]] = {
    "distribute-document": distribute_document,
    "distribute-file": distribute_file,
    "fax": distribute_document,
    "fax-stored": distribute_file,
    "store": store_document,
    "copy": copy_paper,
    "take-out": take_out,
    "process": process_documents,
    "sheet": print_mark_sheets,
    "read-sheets": read_sheets,
}
_STOP_SECONDS = 5.0
_MOST_NOTICES = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened while nobody looked: an order was `sent`, waits, or has `failed`. `title` is the
    document's, `error` the keyword of what hinders it, `failed` how many of `total` destinations did not get it: of
    them a screen makes a sentence in another language."""

    id: str
    kind: str
    words: str
    job: str | None
    user: str
    title: str
    error: str = ""
    failed: int = 0
    total: int = 0


class Works:
    """Of one device; for any number of threads."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._lock = threading.RLock()
        self._errand: Errand | None = None
        self._thread: threading.Thread | None = None
        self._notices: deque[Notice] = deque(maxlen=_MOST_NOTICES)
        shutil.rmtree(tools.folder / "scans", ignore_errors=True)
        erase_passed(tools.memory, tools.folder)
        self._watcher = Watcher(tools.link, self._note_end)
        self.sender = Sender(tools.memory, tools.link, self._note)
        self._watcher.start()
        self.sender.start()

    @property
    def current(self) -> Task | None:
        """The task that is shown, as it is at this instant."""
        errand = self._errand
        return None if errand is None else errand.task

    @property
    def notices(self) -> list[Notice]:
        """The newest last."""
        return list(self._notices)

    @property
    def is_at_work(self) -> bool:
        """Whether a task needs the device just now: it goes on without anybody."""
        task = self.current
        return task is not None and not task.free and task.step not in ("review", "asking")

    @property
    def moved(self) -> float:
        """When something was last seen of the task, of the monotonic clock."""
        errand = self._errand
        return 0.0 if errand is None else errand.board.moved

    def need_task(self) -> Task:
        """The task that is shown. Raises `NotAsked` when there is none."""
        return self._require("there is no task").task

    def unfinished(self, asker: Asker) -> list[StoredDocument]:
        """Documents that broke off while they were made, and that the asker may finish or erase."""
        return self._tools.memory.list_unclosed(asker)

    def start(self, kind: Kind, wishes: Wishes, person: Person) -> Task:
        """Begin a task. Raises `Busy`, `WrongWish`."""
        complete = not wishes.review and kind != "read-sheets"
        check_wishes(kind, wishes, complete=complete)
        with self._lock:
            if self._errand is not None and not self._errand.task.free:
                raise Busy(self._errand.task.kind)
            self._let_go()
            task = Task(uuid.uuid4().hex, kind, _first_step(kind), person, wishes)
            errand = Errand(self._tools, self.sender, Board(task, self._tools.changed))
            self._errand = errand
            self._thread = threading.Thread(target=self._run, args=(errand,), name=f"task {kind}", daemon=True)
            self._thread.start()
        self._tools.changed()
        return errand.task

    def answer(self, answer: str) -> Task:
        """Answer the question of the task. Raises `NotAsked`, `WrongWish`."""
        errand = self._require("there is no question")
        question = errand.task.question
        if question is None:
            raise NotAsked("there is no question")
        if answer not in question.answers:
            raise WrongWish("wrong-wish", f"answer {', '.join(question.answers)}", field="answer")
        errand.say(Answered(answer))
        return errand.task

    def go(self, wishes: Wishes) -> Task:
        """Start pressed at the review: these wishes count. Raises `NotAsked`, `WrongWish`."""
        errand = self._require("nothing waits for start")
        if errand.task.step != "review" or errand.task.kind == "read-sheets":
            raise NotAsked("nothing waits for start")
        check_wishes(errand.task.kind, wishes)
        errand.say(Told(wishes))
        return errand.task

    def retry(self, numbers: Sequence[int] | None) -> Task:
        """Send again what failed, or these deliveries. Raises `NotAsked`."""
        errand, thread = self._require("nothing was sent"), self._thread
        task = errand.task
        if not task.jobs:
            raise NotAsked("nothing was sent")
        failed = task.progress.failed if task.progress else 0
        if (task.step == "done" and not failed) or thread is None or not thread.is_alive():
            raise NotAsked("nothing has failed")
        errand.say(Retried(None if numbers is None else tuple(numbers)))
        return errand.task

    def stop(self, *, drop: bool = False) -> Trouble | None:
        """End the task, or close it when it has ended; what came of a print that was under way, None when there was
        none. What waits to be sent is sent all the same. What was scanned for it goes; what had broken off before
        stays, and so does an order that was refused, unless they are to `drop`."""
        with self._lock:
            errand = self._errand
            if errand is not None:
                errand.drops = drop
            ending = self._let_go()
            if errand is not None:
                self._note_refused(errand)
        self._tools.changed()
        return ending

    def keep(self, wishes: Wishes) -> None:
        """As `leave`, of somebody who stands there and comes back to it: with what is wished by now."""
        with self._lock:
            if self._errand is not None:
                self._errand.board.show(wishes=wishes)
                self._errand.leaves = True
            self._let_go()
        self._tools.changed()

    def leave(self, left: Task | None = None) -> None:
        """Nobody stands there any more: as `stop`, but what was scanned for the task stays as a document that broke
        off, for its owner to finish. With `left` only if that is still the task."""
        with self._lock:
            errand = self._errand
            if errand is not None and left is not None and errand.task.id != left.id:
                return
            if errand is not None:
                errand.leaves = True
            self._let_go()
            if errand is not None:
                self._note_refused(errand)
        self._tools.changed()

    def page_jpeg(self, number: int, size: str = "small") -> bytes:
        """A page of the task's document, `small` or `large`. Raises `NotStored`, `MemoryFault`."""
        errand = self._errand
        if errand is None:
            raise NotStored("there is no task, and so no page")
        preview = errand.previews.get(number)
        if preview is not None and size == "small":
            return preview
        task = errand.task
        if not task.documents:
            raise NotStored(f"the task has no page {number}")
        found = self._tools.memory.find(task.documents[0].id, task.person.asker, unclosed=True)
        if number > found.pages and preview is not None:
            return preview  # it is held back until the next one comes
        return draw_page(self._tools.memory, found, number, SIZES.get(size, SIZES["small"]))

    def close(self) -> None:
        """End the task and the sender; what waits is sent after the next start."""
        self.stop()
        self._watcher.end()
        self.sender.end()
        self.sender.join(_STOP_SECONDS)

    def _require(self, words: str) -> Errand:
        errand = self._errand
        if errand is None:
            raise NotAsked(words)
        return errand

    def _let_go(self) -> Trouble | None:
        """The task is not shown any more; its thread ends by itself when a device keeps it for longer. What came of a
        print that was under way."""
        errand, thread = self._errand, self._thread
        if errand is None:
            return None
        step = errand.task.step
        goes_on, ending = step in ("sending", "waiting", "following"), None
        errand.end()
        if thread is not None:
            thread.join(_STOP_SECONDS)
            hangs = step == "printing" and thread.is_alive()
            ending = errand.ending or (Trouble(*NOT_STOPPED) if hangs else None)
        self._errand = self._thread = None
        if goes_on:  # an order that is accepted from now on is told by the sender
            for sent in filter(None, map(self.sender.find_sent, errand.watched)):
                self._watcher.watch(sent.job.id, sent.user)
        return ending

    def _run(self, errand: Errand) -> None:
        """One task, from its first step to its last. Whatever happens, it is not shown as running afterwards."""
        trouble: Trouble | None = Trouble("works-error", "something went wrong in the device: its log says what")
        try:
            WORKS[errand.task.kind](errand)
            trouble = None
        except Stopped:
            trouble = errand.ending or Trouble("stopped", "the task was stopped")
        except (WorksFault, MemoryFault, ScanError, KeyUnusable, ApiError, OSError) as error:
            trouble = Trouble(*explain(error))
            _log.info("task %s ended: %s", errand.task.kind, trouble.words)
        finally:
            if trouble is not None:
                errand.board.show(step="failed", question=None, error=trouble)
            elif not errand.task.free:
                errand.board.show(step="done", question=None)

    def _note(self, told: Sent | WaitingOrder) -> None:
        """Of the sender: what nobody looks at now is told later."""
        errand = self._errand
        if errand is None or not _is_shown(told, errand):
            self._notices.append(_describe(told))
            if isinstance(told, Sent):
                self._watcher.watch(told.job.id, told.user)
        self._tools.changed()

    def _note_refused(self, errand: Errand) -> None:
        """Orders of a task that nobody looks at any more stay, and are told of: nothing else becomes of them."""
        if not errand.task.refused:
            return
        waiting = self.sender.list_waiting(Asker(operator=True))
        refused = [one for one in waiting if one.key in errand.watched and one.hindrance and one.hindrance.final]
        self._notices.extend(map(_describe, refused))

    def _note_end(self, job: Job, user: str) -> None:
        """Of the watcher: what went well needs no words."""
        if job.counts.aborted:
            failed, total = job.counts.aborted, job.counts.total
            words = f"{job.title}: {failed} of {total} failed"
            told = Notice(uuid.uuid4().hex, "failed", words, job.id, user, job.title, failed=failed, total=total)
            self._notices.append(told)
            self._tools.changed()


def _first_step(kind: Kind) -> Step:
    if kind in ("distribute-file", "fax-stored"):
        return "reading"
    return "writing" if kind == "process" else "printing" if kind in ("take-out", "sheet") else "scanning"


def _is_shown(told: Sent | WaitingOrder, errand: Errand) -> bool:
    """Whether the board shows it; an order may be sent before the task knows its key."""
    image_id = told.image_id if isinstance(told, Sent) else told.document.id
    task = errand.task
    return told.key in errand.watched or (task.step == "sending" and any(one.id == image_id for one in task.documents))


def _describe(told: Sent | WaitingOrder) -> Notice:
    number = uuid.uuid4().hex
    if isinstance(told, Sent):
        return Notice(number, "sent", f"{told.job.title} was sent", told.job.id, told.user, told.job.title)
    hindrance = told.hindrance
    kind = "failed" if hindrance is not None and hindrance.final else "waiting"
    words = hindrance.words if hindrance is not None else "it waits"
    title = told.title or say_id(told.document.id)
    return Notice(number, kind, f"{title}: {words}", None, told.user, title, hindrance.keyword if hindrance else "")
