"""Changes scripts as somebody would who knows IPP and HTTP, and octets as somebody who knows nothing."""

from __future__ import annotations

import random

from tests.fuzz.http_mutation import change_stream
from tests.fuzz.ipp_mutation import Scramble, change_body, scramble
from tests.fuzz.script import HTTP, MOST_STEPS, Step, read_script, write_script
from tests.fuzz.seeds import make_bodies, make_stream

MOST_ROUNDS = 4
_SINGLED_OUT = 0.75
"""Of scripts: the others go through with several requests, most of them good, and reach the store."""
_AFRESH = 0.25
"""Of scripts: made of good requests, for what was changed often is refused early."""
_GOOD_SCRIPTS = tuple(make_bodies())
_GOOD = tuple(body for bodies in _GOOD_SCRIPTS for body in bodies)


def mutate_script(raw: bytes, most: int, chance: random.Random, by: Scramble = scramble) -> bytes:
    """Another script, of at most `most` octets."""
    steps = list(read_script(raw)) or [Step(0, 0, raw)]
    if chance.random() < _AFRESH:
        steps = [Step(0, steps[0].who, body) for body in chance.choice(_GOOD_SCRIPTS)]
    if chance.random() < _SINGLED_OUT:
        steps = _single_out(chance.choice(steps), chance, by)
    else:
        for _ in range(chance.randint(1, MOST_ROUNDS)):
            _change_steps(steps, chance, by)
    while len(steps) > 1 and sum(4 + len(step.data) for step in steps) > most:
        steps.pop()
    return write_script(steps)[:most]


def _single_out(step: Step, chance: random.Random, by: Scramble) -> list[Step]:
    """One of the requests, as many times, each of them changed in ways of its own; by HTTP on one connection."""
    change = change_stream if step.is_http else change_body
    several: list[bytes] = []
    for _ in range(chance.choice((1, 2, 4, 8))):
        data = step.data
        for _ in range(chance.randint(1, 3)):
            data = change(data, chance, by)
        several.append(data)
    if step.is_http:
        return [Step(step.kind, step.who, b"".join(several))]
    return [Step(step.kind, step.who, data) for data in several]


def _change_steps(steps: list[Step], chance: random.Random, by: Scramble) -> None:
    at = chance.randrange(len(steps))
    step = steps[at]
    match chance.randrange(18):
        case 0 if len(steps) < MOST_STEPS:
            steps.insert(at, step)
        case 1 if len(steps) > 1:
            del steps[at]
        case 2 if len(steps) > 1:
            other = chance.randrange(len(steps))
            steps[at], steps[other] = steps[other], step
        case 3:
            steps[at] = Step(step.kind ^ chance.choice((2, 4, 6, 8)), step.who, step.data)
        case 4:
            steps[at] = Step(step.kind, chance.randrange(12), step.data)
        case 5 if not step.is_http:
            stream = make_stream(step.data, chunked=chance.random() < 0.5)
            steps[at] = Step(step.kind | HTTP, step.who, stream)
        case 6:
            steps[at] = Step(step.kind, step.who, by(step.data, chance))
        case 7 if len(steps) < MOST_STEPS:
            steps.insert(at + chance.randrange(2), Step(0, step.who, chance.choice(_GOOD)))
        case 8 if step.is_http and len(steps) > 1:  # one connection for both
            steps[at] = Step(step.kind, step.who, step.data + steps[at - 1].data)
        case _ if step.is_http:
            steps[at] = Step(step.kind, step.who, change_stream(step.data, chance, by))
        case _:
            steps[at] = Step(step.kind, step.who, change_body(step.data, chance, by))
