"""All lines in one process of their own, and the handle that tests have on it: `python -m …exchange FOLDER LINES`."""

from __future__ import annotations

import contextlib
import ctypes
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.telephone.line import Call, Line
from tests.support.telephone.numbers import Caller, Directory, FarEnd, Ringing
from tests.support.telephone.spandsp import LIBRARY, Spandsp

_ROOT = Path(__file__).parents[3]
_START_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call that ended. `how` is `hang-up` (by the caller, after whatever), `dropped`, or why it never began; times
    are seconds since the epoch, `file` is where the pages are. `pages` is what the far end has confirmed."""

    device: str
    number: str
    how: str
    began: float
    ended: float
    pages: int = 0
    speed: int = 0
    error_correction: bool = False
    caller: str = ""
    words: str = ""
    file: str = ""


class Exchange:
    """A running exchange. `devices` are the terminals of its modems."""

    def __init__(self, folder: Path, devices: list[str]) -> None:
        self._folder = folder
        self._directory = Directory(folder / "numbers")
        self._ringing = Ringing(folder / "ringing")
        self.devices = devices

    def say(self, number: str, *ends: FarEnd) -> None:
        """The next calls to the number meet these, one after the other; the last one stays."""
        self._directory.say("".join(one for one in number if one.isdigit()), *ends)

    def call_in(self, device: str, caller: Caller) -> None:
        """Have a fax machine call the line of this modem."""
        self._ringing.add(device, caller)

    def read_calls(self) -> list[CallRecord]:
        """All calls that have ended, in that order."""
        lines = (self._folder / "calls.jsonl").read_text().splitlines()
        return [CallRecord(**json.loads(line)) for line in lines]


def lacks_spandsp() -> bool:
    """True where the library of the fax machines is not installed."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return True
    return False


@contextlib.contextmanager
def run_exchange(folder: Path, lines: int) -> Iterator[Exchange]:
    """Start an exchange of so many lines; what it writes goes to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "received").mkdir()
    (folder / "calls.jsonl").touch()
    command = [sys.executable, "-m", __name__, str(folder), str(lines)]
    with (folder / "exchange.log").open("w") as log:
        process = subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log)
    try:
        yield Exchange(folder, _wait_for_devices(folder, process))
    finally:
        process.terminate()
        process.wait()


def _wait_for_devices(folder: Path, process: subprocess.Popen[bytes]) -> list[str]:
    end = time.monotonic() + _START_WAIT
    made = folder / "devices"
    while not made.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"no telephone exchange: {(folder / 'exchange.log').read_text()[-2000:]}")
        time.sleep(0.05)
    return made.read_text().split()


def main(folder: Path, count: int) -> None:
    """Run the lines until somebody ends the process."""
    lock = threading.Lock()
    library, directory, engaged = Spandsp(), Directory(folder / "numbers"), set[str]()
    ringing = Ringing(folder / "ringing")

    def report(call: Call, how: str) -> None:
        said = asdict(call.reception) if call.reception is not None else {}
        file = str(call.file) if call.file is not None and call.file.exists() else ""
        record = CallRecord(call.device, call.number, how, call.began, time.time(), file=file, **said)
        with lock, (folder / "calls.jsonl").open("a") as calls:
            calls.write(json.dumps(asdict(record)) + "\n")

    lines = [Line(library, directory, ringing, folder / "received", engaged, report) for _ in range(count)]
    for line in lines:
        line.start()
    draft = folder / "devices.part"
    draft.write_text("\n".join(line.modem.device for line in lines))
    draft.rename(folder / "devices")
    for line in lines:
        line.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
