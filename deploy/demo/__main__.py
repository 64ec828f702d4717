"""`deploy/run [--home DIR] [--port N] [--once] [--no-demo]`: the server, three devices, and a broadcast to them.

Exit codes: 0 content; 1 a copy did not come out, or something ended that should not; 2 wrong arguments; 78 the port is
taken or the home cannot be used; 130 `--once` was interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from deploy.demo.branches import GROUP, Branch, is_free, start_branches, write_groups
from deploy.demo.broadcast import Receipt, broadcast, distserver
from deploy.demo.notice import write_notice
from deploy.demo.panel import Place, start_panel
from deploy.demo.processes import Child, DemoFailed, end_all
from deploy.lib.mends import ROOT
from distserver.errors import SetupError
from distserver.settings import load_settings
from distserver.store.claim import Claim, claim_home
from distserver.store.folder import check_usable, explain_fault

_EXIT_INTERRUPTED = 130
_EXIT_SETUP = 78
_START_SECONDS = 120.0
_UNWELL_SECONDS = 10.0
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `deploy/run`."""

    home: Path
    port: int
    once: bool
    demo: bool


def main() -> int:
    """Run until told to end (or `--once`: until the broadcast has ended); the exit code."""
    options = _read_arguments()
    for number in (signal.SIGTERM, signal.SIGINT):  # also where a shell started it with Ctrl-C ignored
        signal.signal(number, _interrupt)
    print(f"Starting on {options.home} …", flush=True)
    try:
        with ExitStack() as stack:
            check_usable(options.home, load_settings(options.home)[0].spool_reserve_mb)
            claim = stack.enter_context(claim_home(options.home))
            if not is_free(options.port):
                return _complain(f"port {options.port} is taken: end what uses it, or choose another with --port N")
            _prepare_home(options.home)
            if options.demo:
                return _run_to_end(options, claim)
        serve = distserver(options.home, "serve", "--port", str(options.port))
        os.execv(serve[0], serve)  # noqa: S606 - no shell is wanted
    except SetupError as error:
        return _complain(str(error))
    except DemoFailed as failure:
        print(f"deploy/run: {failure}", file=sys.stderr)
        return 1
    except OSError as error:
        return _complain(explain_fault(error, options.home))
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED if options.once else 0


def _run_to_end(options: Options, claim: Claim) -> int:
    children: list[Child] = []
    try:
        return _run(options, claim, children)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_all(children)


def _read_arguments() -> Options:
    parser = argparse.ArgumentParser(
        prog="deploy/run", description="Start Distserver with three demonstration devices."
    )
    home = Path(os.environ.get("DISTSERVER_HOME") or ROOT / "var")
    parser.add_argument("--home", type=Path, default=home, metavar="DIR", help=f"where everything is kept ({home})")
    parser.add_argument("--port", type=int, default=8631, metavar="N", help="port of board, API and IPP (8631)")
    parser.add_argument("--once", action="store_true", help="broadcast, and end with 0 only if every copy came out")
    parser.add_argument("--no-demo", action="store_true", help="the server alone")
    given = parser.parse_args()
    if given.once and given.no_demo:
        parser.error("--once needs the demonstration: leave out --no-demo")
    if not 0 < given.port < 65536:
        parser.error("--port is a number from 1 to 65535")
    return Options(given.home.absolute(), given.port, given.once, not given.no_demo)


def _prepare_home(home: Path) -> None:
    """Make the home; at its first start, copy the sample groups."""
    groups = home / "groups"
    if not groups.exists():
        groups.mkdir(parents=True)
        for sample in sorted((ROOT / "groups").glob("*.rec")):
            shutil.copyfile(sample, groups / sample.name)
    (home / "demo").mkdir(exist_ok=True)


def _run(options: Options, claim: Claim, children: list[Child]) -> int:
    claim.tell(f"http://127.0.0.1:{options.port}")
    branches = start_branches(options.home, options.port + 1, children)
    write_groups(options.home / "groups", branches)
    board = f"http://127.0.0.1:{options.port}"
    serve = distserver(options.home, "serve", "--port", str(options.port), "--claimed")
    server = Child("the server", serve, options.home / "logs/run.log", (claim.descriptor,))
    children.append(server)
    server.wait_for(f"answered at {board}/healthz", _Health(board).ask, _START_SECONDS)
    _welcome(options, board, branches)
    notice = options.home / "demo/notice.pdf"
    is_first = not notice.exists()
    code = 0
    if is_first or options.once:
        write_notice(notice, date.today())  # noqa: DTZ011 - the day on this wall's calendar
        code = _show(broadcast(options.home, notice, GROUP))
    else:
        send = [str(ROOT / "deploy/distserver"), "--home", str(options.home), "send", "FILE", "--to", GROUP]
        print(f"The notice went out at the first start; to send something: {shlex.join(send)}", flush=True)
    if not options.once:
        _show_panel(options, board, branches[0], children)
        _watch(children)
    return code


def _show_panel(options: Options, board: str, first: tuple[Branch, str], children: list[Child]) -> None:
    """The panel of the first device; whoever has an account of the board may log in at it."""
    branch, uri = first
    place = Place(options.home, options.home / "demo" / branch.folder, branch.name, uri, board)
    address = start_panel(place, options.home / "demo/notice.pdf", children)
    print(f"Panel:   {branch.name:<16} {address}  scans what lies in {place.feeder}")
    print(f"{'':<25} a folder stands for a USB stick: {place.stick}", flush=True)


def _welcome(options: Options, board: str, branches: list[tuple[Branch, str]]) -> None:
    """Where things are; the password itself stays in its file, out of what scrolls by and logs."""
    print(f"Board:   {board}/")
    password = options.home / "tokens/admin-password"
    if password.exists():
        print(f"Sign in: admin, with the password that this prints: cat {shlex.quote(str(password))}")
    for branch, uri in branches:
        tray = options.home / "demo" / branch.folder / "tray"
        print(f"Device:  {branch.name:<16} http://{urlsplit(uri).netloc}/  pages in {tray}")
    print("" if options.once else "Ctrl-C ends all of it.\n", end="", flush=True)


class _Health:
    """Asks the server whether it can accept a job."""

    def __init__(self, board: str) -> None:
        self._board = board
        self._unwell_since: float | None = None

    def ask(self) -> bool | None:
        """True when it can, None while it starts. Raises `DemoFailed` when it says for a while why it cannot."""
        try:
            with _direct.open(f"{self._board}/healthz", timeout=5) as answer:
                return True if answer.status == 200 else None
        except urllib.error.HTTPError as error:
            self._note(_read_reasons(error))
        except (urllib.error.URLError, OSError):
            pass
        return None

    def _note(self, reasons: str) -> None:
        now = time.monotonic()
        if self._unwell_since is None:
            self._unwell_since = now
            print(f"The server cannot accept a job yet: {reasons}", file=sys.stderr, flush=True)
        elif now - self._unwell_since > _UNWELL_SECONDS:
            raise DemoFailed(f"the server cannot accept a job: {reasons}")


def _read_reasons(answer: urllib.error.HTTPError) -> str:
    try:
        return "; ".join(map(str, json.loads(answer.read())["reasons"])) or f"status {answer.code}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"status {answer.code}"


def _show(receipts: list[Receipt]) -> int:
    """Print one line for each destination; 0 only if all are completed."""
    print(f"Sent a notice to the group '{GROUP}':", flush=True)
    for receipt in receipts:
        print(f"  {receipt.destination:<20} {receipt.state:<12} {receipt.words}".rstrip(), flush=True)
    return 0 if receipts and all(receipt.state == "completed" for receipt in receipts) else 1


def _watch(children: list[Child]) -> None:
    """Stay until one of the children ends by itself, which is worth a word."""
    while True:
        time.sleep(0.5)
        for child in children:
            if not child.is_running():
                raise DemoFailed(f"{child.name} has ended by itself (see {child.log})")


def _complain(text: str) -> int:
    print(f"deploy/run: {text}", file=sys.stderr)
    return _EXIT_SETUP


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
