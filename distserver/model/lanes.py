"""What is remembered of a destination from one delivery to the next (SPEC N4). Times are seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.model.states import OutcomeKind


@dataclass(frozen=True, slots=True)
class Lane:
    """A destination as its deliveries find it.

    `strikes` are failed tries in a row, `closed_until` the end of the pause that they brought (None: open). `score`
    grows with what fails and is gone with what arrives; over a limit the destination is `suspended` (since when).
    `trouble` is the keyword of what went wrong last, `message` its words, `since` when the row of failures began.
    """

    uri: str
    strikes: int = 0
    closed_until: float | None = None
    score: float = 0.0
    suspended: float | None = None
    trouble: str = ""
    message: str = ""
    since: float | None = None

    @property
    def well(self) -> bool:
        """Nothing is remembered against it."""
        return not self.strikes and not self.score and self.closed_until is None and self.suspended is None


@dataclass(frozen=True, slots=True)
class LaneNews:
    """What an attempt has shown of its destination: `kind` of what went wrong (None: it is well), and for how many
    seconds nothing is to be tried there. `ended` says that the delivery has failed for good by it."""

    kind: OutcomeKind | None = None
    reason: str = ""
    message: str = ""
    pause: float = 0.0
    ended: bool = False
