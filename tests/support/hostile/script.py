"""What a printer does wrong, as data that goes through JSON: lasting traits, steps that are used up, and its door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

FORMATS = ("application/pdf", "image/pwg-raster", "image/urf")


class At(StrEnum):
    """At which requests a step waits. Print-Job is both `create` and `document`."""

    ANY = "any"
    DESCRIBE = "describe"
    CREATE = "create"
    DOCUMENT = "document"
    ASK = "ask"


class Fault(StrEnum):
    """What happens to a request. Only `refuse`, `http`, `stall` and `cut` keep it from being carried out."""

    REFUSE = "refuse"
    HTTP = "http"
    SLEEP = "sleep"
    STALL = "stall"
    CUT = "cut"
    MUTE = "mute"
    GARBAGE = "garbage"
    DRIP = "drip"
    RESTART = "restart"
    EMPTY = "empty"
    ABORT = "abort"
    LIE = "lie"


class Garbage(StrEnum):
    """Answers that are none: bytes that are no HTTP, a web page, half an IPP message, an HTTP body that stops short,
    and HTTP's own 500 though all was done."""

    NOISE = "noise"
    PAGE = "page"
    HALF = "half"
    SHORT = "short"
    ERROR = "error"


class Part(StrEnum):
    """What becomes of a job whose document broke off."""

    ABORT = "abort"
    KEEP = "keep"
    PRINT = "print"


class Shut(StrEnum):
    """A printer that cannot be reached: its port is closed, or nothing at all comes back from it."""

    REFUSES = "refuses"
    BLACK_HOLE = "black-hole"


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, `times` over (None: always); then the next step for such requests, at last none.

    `status`: of `refuse` (IPP), `http`, and of `lie`, which carries out what it then says it did not; `early` answers
    before the document is there. `seconds`: how long `sleep` and `stall` take (None: for ever), how long the paper of
    `empty` is away (None: for ever), the wait before each byte of `drip`, Retry-After of `http`. `octets`: how much of
    the document `stall` and `cut` let in. `reason`: the keyword of `abort`.
    """

    fault: Fault
    at: At = At.DOCUMENT
    times: int | None = None
    status: int = 0
    early: bool = False
    seconds: float | None = None
    octets: int = 0
    garbage: Garbage = Garbage.NOISE
    reason: str = "aborted-by-system"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a printer is like. `formats` is what it says, `refused` what it then does not take, `chokes` what it takes
    and gives up on; `lacks` are operations that it does not know. `uuid`, `counts`, `keeps`: has job-uuid, counts
    impressions, remembers ended jobs."""

    formats: tuple[str, ...] = FORMATS
    refused: tuple[str, ...] = ()
    chokes: tuple[str, ...] = ()
    lacks: tuple[int, ...] = ()
    uuid: bool = True
    counts: bool = True
    keeps: bool = True
    print_seconds: float = 0.0
    part: Part = Part.ABORT


@dataclass(frozen=True, slots=True)
class Door:
    """The printer has a port of its own, shut for so many seconds from now (None: for ever)."""

    shut: Shut
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """All of it; the empty script is a printer in good health."""

    steps: tuple[Step, ...] = ()
    traits: Traits = Traits()
    door: Door | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return asdict(self)

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Script:
        """The reverse. Raises TypeError and ValueError for what is no script."""
        traits = dict(table.get("traits", {}))
        for name in ("formats", "refused", "chokes", "lacks"):
            if name in traits:
                traits[name] = tuple(traits[name])
        if "part" in traits:
            traits["part"] = Part(traits["part"])
        door = table.get("door")
        return cls(
            steps=tuple(_read_step(step) for step in table.get("steps", ())),
            traits=Traits(**traits),
            door=Door(Shut(door["shut"]), door.get("seconds")) if door else None,
        )


def _read_step(table: Mapping[str, Any]) -> Step:
    kinds = {"fault": Fault, "at": At, "garbage": Garbage}
    fields: dict[str, Any] = {name: kinds.get(name, _same)(value) for name, value in table.items()}
    return Step(**fields)


def _same(value: Any) -> Any:
    return value
