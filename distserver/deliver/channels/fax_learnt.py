"""What was learnt of a number, and what follows for its next call: after calls in which the modems found no speed, the
next one begins slower, and without error correction in the end; what worked stays for a while.

The machines of a call come down by themselves (T.30 §5.3.2), but from the top each time; on a line that is bad above
some speed, each try costs seconds and ends some calls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SPEEDS = (14400, 9600, 7200, 4800, 2400)
_FORGOTTEN_SECONDS = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class FaxLearnt:
    """`speed` in bit/s is the most with which a call begins, None for the modem's own; `identity` is what the far end
    calls itself (CSI). `since`: when a limit was found, seconds since the epoch."""

    speed: int | None = None
    error_correction: bool = True
    identity: str = ""
    since: int = 0

    def __str__(self) -> str:
        words = [f"speed={self.speed}"] if self.speed is not None else []
        words += [] if self.error_correction else ["ecm=no"]
        words += [f"since={self.since}"] if words else []
        words += [f"csi={self.identity}"] if self.identity else []
        return " ".join(words)

    def current(self, now: float) -> FaxLearnt:
        """Without limits that were found long ago: lines are mended, and machines replaced."""
        if now - self.since > _FORGOTTEN_SECONDS:
            return replace(self, speed=None, error_correction=True, since=0)
        return self

    def slower(self, now: float) -> FaxLearnt:
        """After a call that failed for its speed: the next one down; error correction goes with the second step."""
        started = self.speed or SPEEDS[0]
        below = next((speed for speed in SPEEDS if speed < started), SPEEDS[-1])
        return replace(self, speed=below, error_correction=self.speed is None, since=int(now))

    def named(self, identity: str) -> FaxLearnt:
        """With the name that the far end gave last."""
        return replace(self, identity=identity) if identity else self


def read_learnt(text: str) -> FaxLearnt:
    """What `str` has made of it; other words are passed over."""
    rest, _, identity = text.partition("csi=")
    said = dict(word.partition("=")[::2] for word in rest.split())
    speed, since = said.get("speed", ""), said.get("since", "")
    return FaxLearnt(
        speed=int(speed) if speed.isdigit() else None,
        error_correction=said.get("ecm") != "no",
        identity=identity.strip(),
        since=int(since) if since.isdigit() else 0,
    )
