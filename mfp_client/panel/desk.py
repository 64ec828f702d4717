"""Everything that the panel has: one record, made once and handed to the routes."""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from distwire.local.token import TokenWatch
from mfp_client.memory.errors import MemoryFault
from mfp_client.memory.media import list_all
from mfp_client.memory.records import Limits
from mfp_client.memory.store import ImageMemory
from mfp_client.panel.changes import Changes
from mfp_client.panel.log_in import Arrival, LogIn
from mfp_client.panel.people import People
from mfp_client.panel.printer import PrinterWatch
from mfp_client.panel.refusals import Refusal
from mfp_client.panel.seat import Seat, Seats
from mfp_client.server.link import Link
from mfp_client.settings import DeviceSettings, load_settings
from mfp_client.tenancy import hold_folder
from mfp_client.works.tools import Tools
from mfp_client.works.works import Works

_log = logging.getLogger(__name__)

_TICK, _END_SECONDS = 5.0, 3.0
_LOOK_TICKS = 3
"""The server is asked how it is each so many ticks; its groups are kept anew, and the memory swept, more seldom."""
_REFRESH_TICKS, _SWEEP_TICKS = 60, 120

AGAIN = signal.SIGURG
"""What the panel tells itself to start again. Not what others tell it to end with, lest one be taken for the other; and
nothing comes of it where nobody listens yet, or any more (signal(7))."""


@dataclass
class Desk:
    """The parts of a running panel."""

    home: Path
    settings: DeviceSettings
    memory: ImageMemory
    people: People
    link: Link
    works: Works
    seats: Seats
    log_in: LogIn
    printer: PrinterWatch
    changes: Changes
    token: TokenWatch
    starts_again: bool = False
    enrolled: bool = False
    enrolling: threading.Lock = field(default_factory=threading.Lock)
    _turns: itertools.count[int] = field(default_factory=itertools.count)
    _seated: int = -1
    """Turn of the log-in of whoever has had the seat last."""
    _seating: threading.RLock = field(default_factory=threading.RLock)
    """Nobody comes while another's things are put away."""
    _ended: threading.Event = field(default_factory=threading.Event)

    def attend(self) -> None:
        """Log out who is idle. Blocks until `end`; waits for no server and no printer meanwhile."""
        while not self._ended.wait(_TICK):
            try:
                with self._seating:
                    self._leave_idle()
            except Exception:  # noqa: BLE001 - whatever it was, nobody stays logged in for it
                _log.exception("who is idle cannot be logged out")

    def look_around(self) -> None:
        """Look how printer and server are; sweep the memory. Blocks until `end`."""
        for tick in itertools.count():
            try:
                self._look(tick)
            except Exception:  # noqa: BLE001 - whatever it was, the next look may go well
                _log.exception("printer, server or memory cannot be looked at")
            if self._ended.wait(_TICK):
                return

    def begin_log_in(self) -> int:
        """The turn of a log-in that begins now: the server may take its time, and be given up meanwhile."""
        return next(self._turns)

    def take_seat(self, arrival: Arrival, turn: int | None = None) -> Seat:
        """Somebody logs in; what another left on the panel is put away. Raises `Refusal` where somebody has done so
        whose log-in began after this one, of that `turn`."""
        turn = self.begin_log_in() if turn is None else turn
        with self._seating:
            if turn < self._seated:
                raise Refusal("log-in-overtaken", "somebody has logged in since: log in again")
            self._seated = turn
            self.leave_seat()
            seat = self.seats.take(arrival)
        self.changes.note()
        return seat

    def leave_seat(self, only: Seat | None = None) -> None:
        """Whoever stands there logs out; with `only`, this one and nobody who came after."""
        with self._seating:
            if (before := self.seats.leave(only)) is not None:
                self._clear(before)

    def start_again(self) -> None:
        """End, so that the program begins anew with what the settings say now."""
        self.starts_again = True
        os.kill(os.getpid(), AGAIN)

    def end(self) -> None:
        """Let nobody wait any more."""
        self._ended.set()
        self.changes.end()

    def _clear(self, seat: Seat) -> None:
        _log.info("%s has left the panel", seat.person.name or "nobody in particular")
        self.works.leave()
        self.changes.note()

    def _leave_idle(self) -> None:
        """A device that is at work goes on without anybody; it counts as a touch as long as something is seen of it."""
        works = self.works
        left = self.seats.leave_idle(works.moved if works.is_at_work else None)
        if left is not None and not works.is_at_work:
            self._clear(left)
        elif left is not None:
            _log.info("%s has left the panel, which is at work", left.person.name)
            self.changes.note()
        task = works.current
        if task is None or works.is_at_work or self.settings.log_in == "none":
            return
        if self.seats.user != task.person.name:  # it has come to an end, or to a question, without anybody
            works.leave(task)

    def _look(self, tick: int) -> None:
        self.printer.look()
        if tick % _LOOK_TICKS == 0:
            self._look_at_server()
        if tick % _REFRESH_TICKS == 0 and self.link.state() == "up":
            self.link.refresh()
        if tick % _SWEEP_TICKS == _SWEEP_TICKS - 1:
            self._sweep()

    def _look_at_server(self) -> None:
        before = self.link.state()
        if self.link.look() == "up" and before != "up":
            self.works.sender.wake()
        task = self.works.current
        if self.token.is_replaced() and self.seats.user is None and (task is None or task.free):
            _log.info("the device was enrolled anew: the panel starts again")
            self.start_again()

    def _sweep(self) -> None:
        try:
            self.memory.sweep()
        except MemoryFault as fault:
            _log.warning("the image memory is not swept: %s", fault)


@contextlib.contextmanager
def open_desk(home: Path) -> Iterator[Desk]:
    """The desk of the device in `home`, at work until the block ends. Raises `MemoryFault`,
    `SettingsError`, OSError."""
    settings = load_settings(home)
    changes = Changes()
    with contextlib.ExitStack() as opened:
        opened.enter_context(hold_folder(home))
        people = People(home)
        memory = opened.enter_context(ImageMemory(home, Limits(octets=settings.memory_mb * 10**6)))
        link = Link(settings, home, people.grant_of, changes.note)
        media = functools.partial(list_all, settings.media_folders)
        works = Works(Tools(memory, settings, link, home, changes.note, media=media))
        opened.callback(works.close)
        printer = PrinterWatch(settings.printer, changes.note)
        seats = Seats(settings.idle_seconds)
        log_in, token = LogIn(people, link), TokenWatch(home)
        desk = Desk(home, settings, memory, people, link, works, seats, log_in, printer, changes, token)
        for part in (desk.attend, desk.look_around):
            watching = threading.Thread(target=part, name=part.__name__, daemon=True)
            watching.start()
            opened.callback(watching.join, _END_SECONDS)
        opened.callback(desk.end)
        yield desk
