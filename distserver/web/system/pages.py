"""What the page of the system is given."""

from __future__ import annotations

from collections.abc import Mapping
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
    """A destination in trouble; `name` is what people call it, if a group has it."""

    lane: Lane
    name: str
    says: str
    look: Look


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """What was noticed, in words."""

    notice: Notice
    word: str
    name: str


@dataclass(frozen=True, slots=True)
class System:
    """The whole page."""

    workers: tuple[WorkerLine, ...]
    priorities: tuple[str, ...]
    queues: tuple[QueueLine, ...]
    troubled: tuple[TroubleLine, ...]
    notices: tuple[NoticeLine, ...]


def make_system(found: Condition, names: Mapping[str, str]) -> System:
    """`names` are those of destinations by canonical address."""
    return System(
        workers=tuple(_draw_worker(one, found.at) for one in found.workers),
        priorities=tuple(Priority),
        queues=tuple(
            QueueLine(word, tuple(found.live.waiting[queue, RANKS[one]] for one in Priority))
            for queue, word in _QUEUES.items()
        ),
        troubled=tuple(_draw_trouble(lane, names) for lane in found.troubled),
        notices=tuple(
            NoticeLine(one, _name_kind(one), one.name or names.get(one.object, one.object)) for one in found.notices
        ),
    )


def _name_kind(notice: Notice) -> str:
    known = phrases_en.NOTICES.get(notice.kind)
    return notice.kind if known is None else known.says


def _draw_worker(one: Executor, now: float) -> WorkerLine:
    silent = now - one.beat > _SILENT_SECONDS
    look = Look("failed", "Silent") if silent else Look("done", "Alive")
    return WorkerLine(one.host.partition("/")[0], one.pid, one.started, one.beat, look)


def _draw_trouble(lane: Lane, names: Mapping[str, str]) -> TroubleLine:
    look = Look("failed", "Suspended") if lane.suspended is not None else Look("attention", "In trouble")
    return TroubleLine(lane, names.get(lane.uri, lane.uri), words.describe_reason(lane.trouble).sentence, look)
