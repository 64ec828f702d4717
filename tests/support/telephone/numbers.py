"""Who answers which number, and how: the last four digits choose, unless a test has said otherwise of the number."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Answer(StrEnum):
    """How a call begins at the far end."""

    FAX = "fax"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    NO_DIAL_TONE = "no-dial-tone"
    SILENCE = "silence"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class FarEnd:
    """Who is at the far end.

    `speed` is the fastest that its modem has (14400, 9600, 4800); above `clean` bit/s the line garbles every signal.
    `drops_in_page` hangs up in the middle of that page of the call, 0 never.
    """

    answer: Answer = Answer.FAX
    speed: int = 14400
    error_correction: bool = True
    drops_in_page: int = 0
    clean: int = 14400


@dataclass(frozen=True, slots=True)
class Caller:
    """A fax machine that calls in and sends `file`: what it calls itself (TSI), the `subaddress` that it asks for
    (SUB), and the numbers that the exchange tells: who calls, and which number was `called`."""

    file: str
    identity: str = ""
    subaddress: str = ""
    number: str = ""
    called: str = ""
    end: FarEnd = FarEnd()


FAX = FarEnd()
BUSY, NO_ANSWER, NO_DIAL_TONE = FarEnd(Answer.BUSY), FarEnd(Answer.NO_ANSWER), FarEnd(Answer.NO_DIAL_TONE)
SILENCE, VOICE = FarEnd(Answer.SILENCE), FarEnd(Answer.VOICE)

PLAN = {
    "9991": BUSY,
    "9992": NO_ANSWER,
    "9993": NO_DIAL_TONE,
    "9994": FarEnd(drops_in_page=1),
    "9995": SILENCE,
    "9996": FarEnd(speed=9600, error_correction=False),
    "9997": FarEnd(speed=4800, error_correction=False),
    "9990": FarEnd(drops_in_page=3),
    "9998": VOICE,
    "9999": FarEnd(clean=0),
}
"""By the last four digits; everybody else has a fax machine of 14400 bit/s with error correction."""


class Ringing:
    """Calls that are to come in on a line, by its modem: a file each, which a running exchange takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, device: str, caller: Caller) -> None:
        """Let it call; one caller at a time."""
        self._folder.mkdir(exist_ok=True)
        draft = self._folder / f".{_name(device)}"
        draft.write_text(json.dumps(asdict(caller)))
        draft.rename(self._folder / _name(device))

    def take(self, device: str) -> Caller | None:
        """Who calls now."""
        file = self._folder / _name(device)
        try:
            said = json.loads(file.read_text())
        except OSError:
            return None
        file.unlink()
        return Caller(**{**said, "end": read_end(said["end"])})


def _name(device: str) -> str:
    return device.removeprefix("/dev/").replace("/", "_")


def read_end(said: dict[str, Any]) -> FarEnd:
    """What `asdict` and JSON have made of it."""
    return FarEnd(**{**said, "answer": Answer(said["answer"])})


class Directory:
    """The numbering plan, and what tests have said of single numbers: a file each, which a running exchange reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def say(self, number: str, *ends: FarEnd) -> None:
        """The next calls to the number meet these, one after the other; the last one stays."""
        self._folder.mkdir(exist_ok=True)
        draft = self._folder / f".{number}"
        draft.write_text(json.dumps([asdict(end) for end in ends]))
        draft.rename(self._folder / number)

    def find(self, number: str) -> FarEnd:
        """Who answers now."""
        with self._lock:
            try:
                said = json.loads((self._folder / number).read_text())
            except OSError:
                return PLAN.get(number[-4:], FAX)
            ends = [read_end(one) for one in said]
            if len(ends) > 1:
                self.say(number, *ends[1:])
            return ends[0]
