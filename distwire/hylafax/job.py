"""A job of HylaFAX: what is asked of it (JPARM), and how it stands (JOBFMT, sendq(5F))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_SEPARATOR = "|"
JOB_FORMAT = _SEPARATOR.join(("%j", "%a", "%p", "%y", "%t", "%d", "%e", "%W", "%J", "%s"))
"""Of `LIST sendq` and `LIST doneq`; the text of the status comes last, for it may hold anything."""


_LONGEST_SENDER = 127
_NOBODY = "distserver"
_RATES = (2400, 4800, 7200, 9600, 12000, 14400)
"""BEGBR counts them from 0 (class 2 modems, T.32 <br>)."""


class JobState(StrEnum):
    """The letters of a job's state (JOBFMT %a)."""

    UNDEFINED = "?"
    SUSPENDED = "T"
    PENDING = "P"
    SLEEPING = "S"
    BLOCKED = "B"
    WAITING = "W"
    RUNNING = "R"
    DONE = "D"
    FAILED = "F"

    @property
    def ended(self) -> bool:
        """It will not change any more."""
        return self in (JobState.DONE, JobState.FAILED)


@dataclass(frozen=True, slots=True)
class JobTicket:
    """What is asked. `tag` is ours: HylaFAX keeps it with the job and in its log (JOBINFO).

    `documents` are names that STOT has given. `lines` are a page's lines to the inch, `page` its width and length in
    millimetres. `speed` is the fastest that is tried, in bit/s, None as the modem is set up; `error_correction` False
    forbids it. One dial and one try: whether a call is made again is not HylaFAX's to decide.
    """

    tag: str
    number: str
    shown: str
    sender: str
    documents: tuple[str, ...]
    lines: int = 98
    page: tuple[int, int] = (215, 297)
    priority: int = 127
    speed: int | None = None
    error_correction: bool = True
    identity: str | None = None
    tag_line: str | None = None

    def parameters(self) -> Iterator[tuple[str, str]]:
        """JPARM's names and values, as they go over the wire, in this order."""
        width, length = self.page
        yield "FROMUSER", quote(_name_sender(self.sender))
        yield "LASTTIME", "000259"  # DDHHMM
        yield "MAXDIALS", "1"
        yield "MAXTRIES", "1"
        yield "SCHEDPRI", str(self.priority)
        yield "DIALSTRING", quote(self.number)
        yield "EXTERNAL", quote(self.shown)
        yield "NOTIFYADDR", quote("nobody")
        yield "NOTIFY", quote("none")
        yield "JOBINFO", quote(self.tag)
        yield "VRES", str(self.lines)
        yield "PAGEWIDTH", str(width)
        yield "PAGELENGTH", str(length)
        yield "PAGECHOP", quote("none")  # pages are as long as they were made
        if self.speed is not None:
            yield "BEGBR", str(_RATES.index(self.speed))
        if not self.error_correction:
            yield "USEECM", "no"
        if self.identity is not None:
            yield "TSI", quote(self.identity)
        if self.tag_line is not None:
            yield "TAGLINE", quote(self.tag_line)
            yield "USETAGLINE", "yes"
        for document in self.documents:
            yield "DOCUMENT", document


@dataclass(frozen=True, slots=True)
class JobView:
    """How a job stands: `pages` have been confirmed by the far end of `total`, after so many `tries` (calls that were
    answered by a fax machine) and `dials`. `call` is HylaFAX's name of the last call, `status` its words."""

    id: int
    state: JobState
    pages: int
    total: int
    tries: int
    dials: int
    shown: str
    call: str
    tag: str
    status: str


def quote(text: str) -> str:
    """As a string of the protocol: line ends and control characters become spaces."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_job(line: str) -> JobView | None:
    """A line of a listing in `JOB_FORMAT`; None when it is none."""
    fields = line.split(_SEPARATOR, 9)
    if len(fields) != 10:
        return None
    number, state, pages, total, tries, dials, shown, call, tag, status = (one.strip() for one in fields)
    try:
        return JobView(
            id=int(number),
            state=JobState(state) if state in set(JobState) else JobState.UNDEFINED,
            pages=_read_count(pages),
            total=_read_count(total),
            tries=_read_count(tries),
            dials=_read_count(dials),
            shown=shown,
            call=call,
            tag=tag,
            status=status,
        )
    except ValueError:
        return None


def _name_sender(sender: str) -> str:
    """Not more of it than fits into a command, however it is quoted; a job whose sender is blank is refused."""
    printable = "".join(one if one.isprintable() else " " for one in sender)
    return " ".join(printable.split()).encode("utf-8", "replace")[:_LONGEST_SENDER].decode("utf-8", "ignore") or _NOBODY


def _read_count(text: str) -> int:
    """Not more than any database takes. Raises ValueError."""
    return min(max(int(text or 0), 0), 1 << 30)
