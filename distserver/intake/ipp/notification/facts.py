"""What subscribers know of a job or a printer, in a line, and which events a difference means (RFC 3995 §5.3.3.4).

Pure. Whatever happens between two looks is told by where it has led: a job that was waiting at one and has ended at
the next is told to have ended.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b

from distserver.intake.ipp.ability import Ability
from distserver.intake.ipp.notification.events import Event
from distserver.intake.ipp.printers import Printer
from distserver.store.watched import WatchedJob
from distwire.ipp.attributes import Attribute
from distwire.ipp.enums import PrinterState

_STOPPED = "processing-stopped"
OVER = ""
"""Of a job: it has ended, and that was told."""
RESUMED = "[]"
"""Of a job: it had ended, and goes on."""


def facts_of_job(job: WatchedJob, progress: str) -> str:
    """`progress` is how far it is, as far as anybody wants to know."""
    state = f"{job.status} {job.reasons} {job.documents if job.job_id is None else ''}"
    asked = _digest(job.title.encode(), job.request)
    return json.dumps([state, asked, _digest(*(one.encode() for one in job.form)) if job.form else "", progress])


def events_of_job(job: WatchedJob, facts: str, progress: bool) -> list[Event]:
    """What has happened since the job's `told`; words of progress only when they are wanted."""
    if job.told is None:
        return [Event.JOB_CREATED, Event.JOB_COMPLETED] if job.ended else [Event.JOB_CREATED]
    before, now = _read(job.told), _read(facts)
    found: list[Event] = []
    if before[1] and (before[1] != now[1] or (before[2] and before[2] != now[2])):
        found.append(Event.JOB_CONFIG_CHANGED)
    if progress and before[3] and before[3] != now[3]:
        found.append(Event.JOB_PROGRESS)
    if job.ended:
        found.append(Event.JOB_COMPLETED)
    elif before[0] != now[0]:
        stops = job.status == _STOPPED and not before[0].startswith(_STOPPED)
        found.append(Event.JOB_STOPPED if stops else Event.JOB_STATE_CHANGED)
    return found


def keep_progress(told: str | None, facts: str) -> str:
    """The facts with the progress that was told, where nobody wants to know more."""
    before, now = _read(told or RESUMED), _read(facts)
    return json.dumps([*now[:3], before[3]])


def facts_of_printer(printer: Printer, ability: Ability, state: Iterable[Attribute]) -> str:
    """`state` holds `printer-state` and what goes with it."""
    named = {one.name: one for one in state}
    reasons = named["printer-state-reasons"].strings
    accepting = named["printer-is-accepting-jobs"].values[0].data is True
    number = named["printer-state"].integers[0]
    members = tuple(one.address.uri for one in printer.members)
    config = repr((printer.name, members, ability.color, ability.sides, ability.media)).encode()
    return json.dumps([str(number), f"{' '.join(reasons)} {accepting}", _digest(config), " ".join(ability.ready)])


def events_of_printer(told: str, facts: str) -> list[Event]:
    """What has happened since."""
    before, now = _read(told), _read(facts)
    found: list[Event] = []
    if before[2] != now[2]:
        found.append(Event.PRINTER_CONFIG_CHANGED)
    elif before[3] != now[3]:
        found.append(Event.PRINTER_MEDIA_CHANGED)
    if before[0] != now[0] and now[0] == str(int(PrinterState.STOPPED)):
        found.append(Event.PRINTER_STOPPED)
    elif before[:2] != now[:2]:
        found.append(Event.PRINTER_STATE_CHANGED)
    return found


def facts_of_system(printers: Collection[str]) -> str:
    """The paths of all printers."""
    return json.dumps(sorted(printers), ensure_ascii=False)


def printers_told(facts: str) -> Sequence[str]:
    """The reverse of `facts_of_system`."""
    return [str(one) for one in json.loads(facts)]


def _read(facts: str) -> list[str]:
    return [*(str(one) for one in json.loads(facts)), "", "", "", ""][:4]


def _digest(*parts: bytes) -> str:
    state = blake2b(digest_size=8)
    for part in parts:
        state.update(len(part).to_bytes(8) + part)
    return state.hexdigest()
