"""What the page of the system is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from distserver.jobs.destinations import Condition
from distserver.model.lanes import Lane
from distserver.model.notices import Notice
from distserver.model.states import Priority, Queue
from distserver.report import phrases_en, words
from distserver.store.executors import Executor
from distserver.store.rows import RANKS
from distserver.web.looks import Look

_SILENT_SECONDS = 30.0
_QUEUES = {
    Queue.READY: "wait for a worker",
    Queue.TIMED: "wait for their time",
    Queue.LANE: "wait for their destination",
    Queue.HELD: "are held",
    Queue.PAUSED: "wait for a paused group",
}


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """A worker: the machine, its process, since when, when it said that it is alive, and how that looks."""

    place: str
    pid: int
    started: float
    beat: float
    look: Look


@dataclass(frozen=True, slots=True)
class QueueLine:
    """How many deliveries wait for what, by priority."""

    word: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TroubleLine:
    """A destination in trouble; `name` is what people call it, empty if no group has it. `technical`: what stands
    beside the reason is our own word, not the device's."""

    lane: Lane
    name: str
    says: str
    technical: bool
    look: Look


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """What was noticed, in words; `why` it was suspended, and what was `said` besides."""

    notice: Notice
    word: str
    name: str
    why: str
    said: str


@dataclass(frozen=True, slots=True)
class System:
    """The whole page."""

    workers: tuple[WorkerLine, ...]
    priorities: tuple[str, ...]
    queues: tuple[QueueLine, ...]
    troubled: tuple[TroubleLine, ...]
    notices: tuple[NoticeLine, ...]


def make_system(found: Condition, find_name: Callable[[str], str]) -> System:
    """`find_name` tells what people call the destination at a canonical address; empty if no group has it."""
    return System(
        workers=tuple(_draw_worker(one, found.at) for one in found.workers),
        priorities=tuple(Priority),
        queues=tuple(
            QueueLine(word, tuple(found.live.waiting[queue, RANKS[one]] for one in Priority))
            for queue, word in _QUEUES.items()
        ),
        troubled=tuple(_draw_trouble(lane, find_name) for lane in found.troubled),
        notices=tuple(_draw_notice(one, find_name) for one in found.notices),
    )


def _name_kind(notice: Notice) -> str:
    known = phrases_en.NOTICES.get(notice.kind)
    return notice.kind if known is None else known.says


def _draw_worker(one: Executor, now: float) -> WorkerLine:
    silent = now - one.beat > _SILENT_SECONDS
    look = Look("failed", "Silent") if silent else Look("done", "Alive")
    return WorkerLine(one.host.partition("/")[0], one.pid, one.started, one.beat, look)


def _draw_notice(notice: Notice, find_name: Callable[[str], str]) -> NoticeLine:
    reason, _, said = notice.message.partition(": ")
    why = words.describe_reason(reason).says if reason else ""
    name = notice.name or find_name(notice.object) or notice.object
    return NoticeLine(notice, _name_kind(notice), name, why, said)


def _draw_trouble(lane: Lane, find_name: Callable[[str], str]) -> TroubleLine:
    look = Look("failed", "Suspended") if lane.suspended is not None else Look("attention", "In trouble")
    says, technical = words.describe_reason(lane.trouble).sentence, words.is_technical(lane.trouble)
    return TroubleLine(lane, find_name(lane.uri), says, technical, look)
