"""What is known of a call when it has ended, in one line for the receipt: the evidence of T.30.

From the server's record of the job (sendq(5F)) and its log of the call, as far as they may be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from distserver.deliver.channels.fax_words import clean_status
from distwire.hylafax import JobView

_TIME = re.compile(r"\w{3} \d{2} (\d{2}):(\d{2}):(\d{2})\.(\d{2})")


@dataclass(frozen=True, slots=True)
class CallEvidence:
    """`identity` is what the far end calls itself (CSI), `traits` how it was sent, `seconds` how long the call took, as
    far as it is known, `words` all of it for people."""

    identity: str
    words: str
    traits: str = ""
    seconds: int | None = None


def describe_call(job: JobView, facts: Mapping[str, str], log: Sequence[str]) -> CallEvidence:
    """`CSI +81…, 14400 bit/s, ECM, 2-D MMR, 5 pages in 0:01:10, call 000000012`, after what went wrong."""
    identity = facts.get("csi", "").strip()
    words = [clean_status(job.status)] if job.status else []
    traits, seconds = _name_traits(facts, log) if job.tries else [], _measure(log)
    if identity:
        words.append(f"CSI {identity}")
    if job.tries:
        took = "" if seconds is None else f" in {show_time(seconds)}"
        words += [*traits, f"{job.pages} page{'s' * (job.pages != 1)}{took}"]
    if job.call:
        words.append(f"call {job.call}")
    return CallEvidence(identity, ", ".join(words), ", ".join(traits), seconds)


def show_time(seconds: int) -> str:
    """`H:MM:SS`."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _name_traits(facts: Mapping[str, str], log: Sequence[str]) -> list[str]:
    """Speed, error correction and coding, as they were at the end."""
    coding = facts.get("dataformat", "").strip()
    words = [facts.get("signalrate", "").strip(), coding]
    if log:
        words.insert(1, "ECM" if any("USE error correction mode" in line for line in log) else "no ECM")
    elif coding.endswith("MMR"):
        words.insert(1, "ECM")  # T.6 goes with error correction only (T.30 §5.3.6.2, note)
    return [word for word in words if word]


def _measure(log: Sequence[str]) -> int | None:
    """How many seconds the call took, by the first and the last line of its log."""
    times = [found for line in (log[:1], log[-1:]) if line and (found := _TIME.match(line[0]))]
    if len(times) != 2:
        return None
    began, ended = (
        sum(int(part) * weight for part, weight in zip(t.groups(), (3600, 60, 1), strict=False)) for t in times
    )
    return (ended - began) % 86400
