"""Words for people who run the installation: what happened by itself, and when."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Notice:
    """`kind` is what happened to `object` (`destination-suspended` …), `at` in seconds since the epoch."""

    at: float
    kind: str
    object: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class UntoldNotice:
    """A notice that is to be mailed. `tries` were made already; the mail server has it for the addresses `reached`."""

    key: int
    notice: Notice
    tries: int = 0
    reached: frozenset[str] = field(default_factory=frozenset)
