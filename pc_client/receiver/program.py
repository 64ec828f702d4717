"""The receiver, running: takes, announces, prints, and serves its screen (SPEC D14)."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from distwire.local.ending import ended_by_signals
from pc_client.desktop.notice import notify_desktop
from pc_client.desktop.windows import has_desktop, open_window
from pc_client.receiver.handling import AutoPrinter
from pc_client.receiver.handover import ADDRESS_FILE, ask_to_hand_over
from pc_client.receiver.inbox import Inbox, read_clock
from pc_client.receiver.notices import Announcer
from pc_client.receiver.screen.desk import Desk
from pc_client.receiver.taking import ActTeller, Taker
from pc_client.receiver.tray.icon import Tray, TrayActs
from pc_client.receiver.words import choose_words
from pc_client.server.access import open_client
from pc_client.settings import PcSettings

_log = logging.getLogger(__name__)

DIALOG_SIZE, INBOX_SIZE = (560, 520), (1100, 800)
_QUIET_SECONDS = 3600.0
_HAND_OVER_SECONDS = 15.0


class AlreadyRunning(Exception):
    """Another receiver works on this home."""


@dataclass(frozen=True, slots=True)
class Mode:
    """`headless`: no windows and notices; `print_to`: a folder or printer on which all that comes is printed."""

    headless: bool = False
    print_to: str = ""


def run_receiver(home: Path, settings: PcSettings, mode: Mode, say: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT. Main thread only. Raises `AlreadyRunning`, OSError."""
    with _alone(home, mode), contextlib.closing(Inbox(home)) as inbox:
        if settings.keep_days:
            inbox.forget_old(read_clock() - settings.keep_days * 86400)
        with ended_by_signals() as ending:
            with _Parts(home, settings, inbox, say, ending.tell).running(mode):
                ending.wait()
            _log.info("the receiver ends")


class _Parts:
    """What runs beside each other; what one takes the others hear of."""

    def __init__(
        self, home: Path, settings: PcSettings, inbox: Inbox, say: Callable[[str], None], end: Callable[[], None]
    ) -> None:
        self._home = home
        self._end = end
        self._settings = settings
        self._inbox = inbox
        self._say = say
        self._heard: list[Callable[[], None]] = []
        self.taker = Taker(open_client(settings, home), inbox, self._tell)
        self._teller = ActTeller(open_client(settings, home), inbox)
        inbox.on_act = self._teller.wake
        self.desk = Desk(settings, inbox, self.taker)

    @contextlib.contextmanager
    def running(self, mode: Mode) -> Iterator[None]:
        threads = [
            threading.Thread(target=self.taker.run, name="taker", daemon=True),
            threading.Thread(target=self._teller.run, name="teller", daemon=True),
        ]
        ends: list[Callable[[], None]] = [self.taker.end, self._teller.end]
        if mode.print_to:
            printer = AutoPrinter(self._inbox, mode.print_to, self._say)
            threads.append(threading.Thread(target=printer.run, name="printer", daemon=True))
            ends.append(printer.end)
            self._heard.append(printer.wake)
        with contextlib.ExitStack() as stack:
            if mode.headless:
                self._say(f"receiving for {self._settings.address} from {self._settings.server}")
            else:
                if not mode.print_to:  # else printing would end without a word
                    self.desk.end = self._end
                address = stack.enter_context(_serve(self.desk, self._settings.screen_port, self._home))
                announcer = Announcer(self._settings, self._inbox, notify_desktop, self._ask, choose_words())
                self.desk.announcer = announcer
                self.desk.show = lambda page: show_window(address, self.desk, page, self._settings, self._home)
                threads.append(threading.Thread(target=announcer.run, name="announcer", daemon=True))
                ends.append(announcer.end)
                self._heard.append(announcer.wake)
                if has_desktop():
                    tray = Tray(self._settings.name, self._make_acts(announcer), choose_words())
                    threads.append(threading.Thread(target=tray.run, name="tray", daemon=True))
                    ends.append(tray.end)
                self._say(address)
            for thread in threads:
                thread.start()
            yield
            for end in ends:
                end()

    def _make_acts(self, announcer: Announcer) -> TrayActs:
        def toggle_quiet() -> None:
            quiet = self._inbox.find_quiet() > read_clock()
            self._inbox.note_quiet(0.0 if quiet else read_clock() + _QUIET_SECONDS)
            announcer.wake()

        return TrayActs(
            open_inbox=lambda: self.desk.show("inbox"),
            toggle_quiet=toggle_quiet,
            is_quiet=announcer.is_quiet,
            unread=self._inbox.count_unread,
            end=self._end,
        )

    def _tell(self) -> None:
        for hear in self._heard:
            hear()

    def _ask(self) -> None:
        """Have the dialog come up, unless it is there."""
        if self.desk.shows_dialog() or not (has_desktop() or self._settings.browser):
            return
        self.desk.note_dialog()
        self.desk.show("ask")


def show_window(address: str, desk: Desk, page: str, settings: PcSettings, home: Path) -> None:
    """A window of its own with a page of the screen."""
    size = DIALOG_SIZE if page == "ask" else INBOX_SIZE
    open_window(f"{address}#{page}&key={desk.keys.make()}", size, settings.browser, home / "window")


@contextlib.contextmanager
def _serve(desk: Desk, port: int, home: Path) -> Iterator[str]:
    """The screen's web server on loopback; its address, which other commands find in the home."""
    from waitress import create_server

    from distwire.local.own_file import write_own_file
    from pc_client.desktop.screen import HOST
    from pc_client.receiver.screen.app import make_app

    server = create_server(make_app(desk), host=HOST, port=port, threads=8, ident=None)
    address = f"http://{HOST}:{server.effective_port}/"
    thread = threading.Thread(target=server.run, name="screen", daemon=True)
    thread.start()
    write_own_file(home / ADDRESS_FILE, f"{address} {desk.keys.master}\n".encode())
    try:
        yield address
    finally:
        (home / ADDRESS_FILE).unlink(missing_ok=True)
        server.close()


@contextlib.contextmanager
def _alone(home: Path, mode: Mode) -> Iterator[None]:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "receiver.lock").open("ab") as file:
        if not _lock(file) and (mode.headless or not ask_to_hand_over(home) or not _lock_soon(file)):
            raise AlreadyRunning(f"a receiver runs already for {home}")
        yield


def _lock_soon(file: IO[bytes]) -> bool:
    until = time.monotonic() + _HAND_OVER_SECONDS
    while not _lock(file):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def _lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
