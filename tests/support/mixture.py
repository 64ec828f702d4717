"""Who gets the broadcasts of a kill campaign: printers in good health among ill ones, and how each copy may end."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass

from distserver.model.states import Reason
from distwire.ipp import Operation
from tests.support.hostile import BEHAVIOURS, HostileNetwork, Script, Traits
from tests.support.hostile.catalogue import ABORTED, SMALL
from tests.support.hostile.trials import Row

WELL = {
    "pdf": Script(),
    "slow": Script(traits=Traits(print_seconds=1.0)),
    "raster": Script(traits=Traits(formats=("image/pwg-raster",))),
    "print-job": Script(traits=Traits(lacks=(Operation.CREATE_JOB, Operation.SEND_DOCUMENT))),
}

ILL = (
    "counts-nothing",
    "no-job-uuid",
    "lists-no-jobs",
    "asleep",
    "answers-byte-by-byte",
    "out-of-paper-for-a-while",
    "too-large",
    "aborts-bad-document",
    "busy-twice",
    "not-accepting-once",
    "http-503-once",
    "closed-for-a-while",
    "stalls-for-a-while",
    "cut-once",
    "cut-small-once",
    "cut-and-waits-for-the-rest",
    "no-answer-to-the-document",
    "no-answer-to-create-job",
    "no-answer-to-print-job",
    "late-answer-to-the-document",
    "noise-for-an-answer",
    "answer-that-stops-short",
    "mute-about-its-job",
)
"""Behaviours that come to an end by themselves and before long."""

SPEECHLESS = ("forgets-at-once", "lists-no-jobs", "lists-no-jobs-and-no-answer", "restarts-after-printing")
"""Those that cannot tell what they printed: each broadcast has one, under either policy."""


QUICK = ("counts-nothing", "no-job-uuid", "asleep", "busy-twice", "no-answer-to-the-document", "mute-about-its-job")
"""Those after which nothing waits for long; the first two of the speechless do not either."""


@dataclass(frozen=True, slots=True)
class Guest:
    """One destination of one broadcast. `tells`: it can say what became of a job whose answer was lost."""

    name: str
    script: Script
    tells: bool = True
    aborts: bool = False
    policy: str = "at-least-once"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is `well`, `refused`, or for who cannot tell `twice-told` and `not-told`: those are right. What is wrong
    is `lost`, `twice`, `open`, or `untrue`: the receipt does not say what happened."""

    kind: str
    words: str

    @property
    def right(self) -> bool:
        return self.kind not in ("lost", "twice", "open", "untrue")


def invite(number: int, chance: random.Random, *, quick: bool = False) -> list[Guest]:
    """The destinations of one broadcast; their names are its own, so that each begins its script anew."""
    ill = [_misbehave(number, name) for name in chance.sample(QUICK if quick else ILL, 3)]
    speechless = SPEECHLESS[:2] if quick else SPEECHLESS
    silent = _misbehave(number, chance.choice(speechless), chance.choice(("at-least-once", "at-most-once")))
    well = [Guest(f"{number} {name}", script) for name, script in WELL.items()]
    return [*well, *{guest.name: guest for guest in (*ill, silent)}.values()]


def _misbehave(number: int, name: str, policy: str = "at-least-once") -> Guest:
    behaviour = BEHAVIOURS[name]
    steps = tuple(dataclasses.replace(step, octets=min(step.octets, SMALL // 2)) for step in behaviour.script.steps)
    traits = behaviour.script.traits
    tells = behaviour.tells and traits.keeps and Operation.GET_JOBS not in traits.lacks
    script = dataclasses.replace(behaviour.script, steps=steps)
    return Guest(f"{number} {name}", script, tells, behaviour.end == ABORTED, policy)


def lines_of(network: HostileNetwork, guests: Sequence[Guest]) -> list[str]:
    """Lines of a group file."""
    return [network.lines([guest.name], resend=guest.policy)[0] for guest in guests]


def judge(guest: Guest, row: Row, sheets: int, messages: str) -> Verdict:
    """What became of one copy, by its receipt and by the `sheets` that lie in the tray; `messages` are those of all its
    attempts."""
    said = f"{row['id']} {guest.name} ({guest.policy}): {row['state']}, {row['reason']}, {row['message']!r}, x{sheets}"
    if row["state"] not in ("completed", "aborted", "canceled"):
        return Verdict("open", said)
    if guest.aborts:
        return Verdict("refused" if row["state"] == "aborted" and not sheets else "untrue", said)
    unsure = row["reason"] == Reason.UNCERTAIN and "at-most-once" in row["message"]
    if unsure and not guest.tells and guest.policy == "at-most-once" and sheets <= 1:
        return Verdict("not-told", said)
    if sheets == 0:
        return Verdict("lost", said)
    if sheets > 1:
        told = "at-least-once" in messages
        explained = not guest.tells and guest.policy == "at-least-once"
        return Verdict("twice-told" if explained and told else "untrue" if explained else "twice", said)
    return Verdict("well" if row["state"] == "completed" else "untrue", said)
