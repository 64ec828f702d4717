"""`scanimage` as a child process: its lines as they come, within limits; what a driver does stays outside."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator

from distwire.scan.contract import ScanOrder
from distwire.scan.faults import (
    BrokenAnswer,
    Fault,
    FeedFault,
    LimitExceeded,
    ScanError,
    ScannerBusy,
    ScannerUnreachable,
    SettingRefused,
)

with contextlib.suppress(ModuleNotFoundError):  # Windows knows no such limits, and no SANE
    import resource

_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.5
_LONGEST_LINE = 1 << 16
_CLOSING_SECONDS = 10.0
# What sane_strstatus says (SANE 1.0 §4.2.8), in the C locale.
_FEED = {
    "Document feeder jammed": Fault.JAM,
    "Document feeder out of documents": Fault.FEEDER_EMPTY,
    "Scanner cover is open": Fault.COVER_OPEN,
}
_UNREACHABLE = ("Error during device I/O", "Operation was cancelled")
_REFUSED = ("Access to resource has been denied", "Invalid argument", "Operation not supported")


class Scanimage:
    """A running `scanimage`. Leaving the context ends it."""

    def __init__(self, arguments: list[str], most_octets: int) -> None:
        self._child = subprocess.Popen(
            [find_program(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=make_environment(),
        )
        with contextlib.suppress(ProcessLookupError):  # it has ended already; what it said is read
            resource.prlimit(self._child.pid, resource.RLIMIT_FSIZE, (most_octets, most_octets))

    def __enter__(self) -> Scanimage:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()  # it tells the device that the scan is over
        try:
            self._child.communicate(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:  # the `test` backend was seen to hang after a jam
            self._child.kill()
            self._child.communicate()

    def read_lines(self, order: ScanOrder) -> Iterator[str]:
        """Lines until it closes its output. Raises `LimitExceeded` when none comes for as long as a page may take."""
        if self._child.stdout is None:
            return
        number, rest = self._child.stdout.fileno(), b""
        deadline = time.monotonic() + order.limits.page_seconds
        while True:
            order.wait(0)
            if time.monotonic() > deadline:
                raise LimitExceeded(f"the scanner was at one page for more than {order.limits.page_seconds:g} s")
            if not select.select([number], [], [], _POLL_SECONDS)[0]:
                continue
            piece = os.read(number, 1 << 16)
            if not piece or len(rest) > _LONGEST_LINE:
                return
            *lines, rest = (rest + piece).replace(b"\r", b"\n").split(b"\n")
            if lines:
                yield from (line.decode(errors="replace") for line in lines)
                deadline = time.monotonic() + order.limits.page_seconds  # for as long as we took the scanner waited

    def wait(self) -> int:
        """Its exit code, negative for a signal, after it has closed its output."""
        try:
            return self._child.wait(_CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            return 0


def find_program() -> str:
    """Where `scanimage` is. Raises `SettingRefused`."""
    found = shutil.which("scanimage")
    if found is None:
        raise SettingRefused(
            "SANE scanners need the program scanimage: install sane-utils (Windows has none: use eSCL)"
        )
    return found


def make_environment() -> dict[str, str]:
    """Ours, with messages in English: they are read here."""
    return {**os.environ, "LC_ALL": "C", "LANGUAGE": ""}


def ask(arguments: list[str], seconds: float) -> str:
    """Run `scanimage` to its end and give what it printed. Raises `ScanError`."""
    try:
        done = subprocess.run(
            [find_program(), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=make_environment(),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ScannerUnreachable(f"SANE did not answer within {seconds:g} s") from error
    if done.returncode:
        raise explain_line(done.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    return done.stdout.decode(errors="replace")


def explain_line(line: str) -> ScanError:
    """What a line that tells of a failure means."""
    words = line.removeprefix("scanimage: ")[:200]
    for text, fault in _FEED.items():
        if text in line:
            return FeedFault(fault)
    if "Device busy" in line:
        return ScannerBusy("the scanner is at work for somebody else: try again when it has ended")
    if any(text in line for text in _UNREACHABLE):
        return ScannerUnreachable(f"the scanner does not answer ({words}): see its cable and its power")
    if any(text in line for text in _REFUSED):
        return SettingRefused(f"SANE refuses the scanner or a setting ({words}): `scanimage -L` lists the scanners")
    return BrokenAnswer(f"SANE gave up: {words or 'without a word'}")
