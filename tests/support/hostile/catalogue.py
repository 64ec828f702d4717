"""The usual misbehaviours by name, and how a delivery to such a printer is to end.

The times suit a server whose patience is short: `PATIENCE` are its settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from distserver.model.states import OutcomeKind, Reason
from distwire.ipp import Operation, Status
from tests.support.hostile.script import At, Door, Fault, Garbage, Part, Script, Shut, Step, Traits

PATIENCE: dict[str, Any] = {"connect_seconds": 2, "first_byte_seconds": 3, "idle_seconds": 3, "follow_seconds": 4}
"""Settings of the server (seconds) for which the behaviours are made."""

BIG = 8 << 20
"""Bytes of a document that does not fit into the buffers between us and the printer."""

SMALL = 4 << 10

COMPLETED, ABORTED, RETRY, PROCESSING = "completed", "aborted", "pending-retry", "processing"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`end` is the delivery's last state, or the one it stays in while the printer does not change; `reason` goes with
    it. `rule` is the kind of outcome by whose rule it is tried again: `surely`, or perhaps at once in the same attempt,
    a kept connection being to blame. `tells`: the device can tell what it printed, so that nothing may come out twice;
    `sheets` is how often a document comes out, whole or in part, when all is right (None: the device cannot tell, so
    nobody can say). `octets`: how large a document has to be to show it."""

    script: Script
    end: str = COMPLETED
    reason: str = Reason.COMPLETED
    rule: OutcomeKind | None = None
    surely: bool = True
    tells: bool = True
    sheets: int | None = 1
    octets: int = SMALL


def _steps(*steps: Step, traits: Traits | None = None) -> Script:
    return Script(steps, traits or Traits())


def _once(fault: Fault, at: At = At.DOCUMENT, **details: object) -> Script:
    return _steps(Step(fault, at, times=1, **details))  # type: ignore[arg-type]


def _always(fault: Fault, at: At, **details: object) -> Script:
    return _steps(Step(fault, at, **details))  # type: ignore[arg-type]


def _refused(at: At, status: int, reason: str, **details: object) -> Behaviour:
    return Behaviour(_always(Fault.REFUSE, at, status=status, **details), ABORTED, reason, sheets=0)


def _waits(script: Script, reason: str, rule: OutcomeKind) -> Behaviour:
    return Behaviour(script, RETRY, reason, rule, sheets=0)


_NO_CREATE = (Operation.CREATE_JOB, Operation.SEND_DOCUMENT)

WELL = {
    "accepts": Behaviour(Script()),
    "prints-slowly": Behaviour(_steps(traits=Traits(print_seconds=2.0))),
    "prints-longer-than-followed": Behaviour(_steps(traits=Traits(print_seconds=6.0))),
    "counts-nothing": Behaviour(_steps(traits=Traits(counts=False))),
    "no-job-uuid": Behaviour(_steps(traits=Traits(uuid=False))),
    "print-job-only": Behaviour(_steps(traits=Traits(lacks=_NO_CREATE))),
    "lists-no-jobs": Behaviour(_steps(traits=Traits(lacks=(Operation.GET_JOBS,)))),
    "forgets-at-once": Behaviour(
        _steps(traits=Traits(keeps=False, print_seconds=0.05)), reason=Reason.ACCEPTED, tells=False
    ),
    "asleep": Behaviour(_once(Fault.SLEEP, At.ANY, seconds=1.5)),
    "answers-byte-by-byte": Behaviour(_once(Fault.DRIP, seconds=0.004)),
    "out-of-paper-for-a-while": Behaviour(_once(Fault.EMPTY, seconds=6.0)),
}
"""Odd, but it prints at the first try."""

REFUSALS = {
    "format-refused": Behaviour(
        _steps(traits=Traits(formats=("application/pdf",), refused=("application/pdf",))),
        ABORTED,
        Reason.FORMAT_NOT_SUPPORTED,
        sheets=0,
    ),
    "too-large": _refused(At.DOCUMENT, Status.REQUEST_ENTITY_TOO_LARGE, Reason.TOO_LARGE),
    "too-large-said-early": Behaviour(
        _always(Fault.HTTP, At.DOCUMENT, status=413, early=True), ABORTED, Reason.TOO_LARGE, sheets=0, octets=BIG
    ),
    "not-authorised": _refused(At.CREATE, Status.NOT_AUTHORIZED, Reason.UNAUTHORIZED),
    "forbidden": _refused(At.CREATE, Status.FORBIDDEN, Reason.REFUSED),
    "wants-a-password": Behaviour(
        _always(Fault.HTTP, At.ANY, status=401), ABORTED, Reason.UNAUTHORIZED, sheets=0, tells=True
    ),
    "says-pdf-and-refuses-it": Behaviour(
        _steps(traits=Traits(formats=("application/pdf", "image/pwg-raster"), refused=("application/pdf",))),
        rule=OutcomeKind.REFUSED,
    ),
    "chokes-on-pdf": Behaviour(_steps(traits=Traits(chokes=("application/pdf",)))),
    "aborts": Behaviour(_always(Fault.ABORT, At.DOCUMENT), ABORTED, Reason.ABORTED_BY_DEVICE, sheets=0),
    "aborts-bad-document": Behaviour(
        _always(Fault.ABORT, At.DOCUMENT, reason="document-format-error"), ABORTED, Reason.DOCUMENT_ERROR, sheets=0
    ),
    "prints-a-part": Behaviour(
        _steps(Step(Fault.CUT, times=1, octets=1 << 20), traits=Traits(part=Part.PRINT)),
        ABORTED,
        "submission-interrupted",
        octets=BIG,
    ),
    "prints-a-part-of-what-was-sent": Behaviour(
        _steps(Step(Fault.CUT, times=1, octets=100), traits=Traits(part=Part.PRINT)), ABORTED, "submission-interrupted"
    ),
}
"""Another try would end the same way."""

PASSING = {
    "busy-twice": Behaviour(_steps(Step(Fault.REFUSE, At.CREATE, times=2, status=Status.BUSY)), rule=OutcomeKind.BUSY),
    "not-accepting-once": Behaviour(
        _once(Fault.REFUSE, At.CREATE, status=Status.NOT_ACCEPTING_JOBS), rule=OutcomeKind.BUSY
    ),
    "document-refused-early-once": Behaviour(
        _once(Fault.REFUSE, status=Status.BUSY, early=True), rule=OutcomeKind.BUSY, octets=BIG
    ),
    "http-503-once": Behaviour(_once(Fault.HTTP, At.ANY, status=503, seconds=1.0), rule=OutcomeKind.BUSY),
    "http-500-once": Behaviour(_once(Fault.HTTP, At.CREATE, status=500), rule=OutcomeKind.PROTOCOL),
    "aborts-once": Behaviour(_once(Fault.ABORT, reason="resources-are-not-ready"), rule=OutcomeKind.PROTOCOL),
    "sleeps-too-long": Behaviour(_once(Fault.SLEEP, At.DESCRIBE, seconds=20.0), rule=OutcomeKind.UNREACHABLE),
    "garbage-described-once": Behaviour(_once(Fault.GARBAGE, At.DESCRIBE), rule=OutcomeKind.PROTOCOL),
    "closed-for-a-while": Behaviour(Script(door=Door(Shut.REFUSES, 5.0)), rule=OutcomeKind.UNREACHABLE),
}
"""It cannot now, and says so or shows it: it prints at another try."""

IN_DOUBT = {
    "stalls-for-a-while": Behaviour(_once(Fault.STALL, seconds=1.5, octets=1 << 20), octets=BIG),
    "stalls-for-ever-once": Behaviour(_once(Fault.STALL, octets=1 << 20), rule=OutcomeKind.UNREACHABLE, octets=BIG),
    "cut-once": Behaviour(_once(Fault.CUT, octets=1 << 20), rule=OutcomeKind.UNREACHABLE, octets=BIG),
    "cut-small-once": Behaviour(_once(Fault.CUT, octets=100), rule=OutcomeKind.UNREACHABLE),
    "cut-and-waits-for-the-rest": Behaviour(
        _steps(Step(Fault.CUT, times=1, octets=1 << 20), traits=Traits(part=Part.KEEP)),
        rule=OutcomeKind.UNREACHABLE,
        octets=BIG,
    ),
    "no-answer-to-the-document": Behaviour(_once(Fault.MUTE)),
    "no-answer-to-create-job": Behaviour(_once(Fault.MUTE, At.CREATE), rule=OutcomeKind.UNREACHABLE, surely=False),
    "no-answer-to-print-job": Behaviour(
        _steps(Step(Fault.MUTE, times=1), traits=Traits(lacks=_NO_CREATE)),
    ),
    "late-answer-to-the-document": Behaviour(_once(Fault.SLEEP, seconds=20.0)),
    "late-answer-to-create-job": Behaviour(_once(Fault.SLEEP, At.CREATE, seconds=20.0), rule=OutcomeKind.UNREACHABLE),
    "noise-for-an-answer": Behaviour(_once(Fault.GARBAGE, garbage=Garbage.NOISE)),
    "web-page-for-an-answer": Behaviour(_once(Fault.GARBAGE, garbage=Garbage.PAGE)),
    "half-an-answer": Behaviour(_once(Fault.GARBAGE, garbage=Garbage.HALF)),
    "answer-that-stops-short": Behaviour(_once(Fault.GARBAGE, garbage=Garbage.SHORT)),
    "http-500-though-it-printed": Behaviour(_once(Fault.GARBAGE, garbage=Garbage.ERROR)),
    "error-though-it-printed": Behaviour(_once(Fault.LIE, status=Status.INTERNAL_ERROR)),
    "mute-about-its-job": Behaviour(_steps(Step(Fault.MUTE, At.ASK, times=3))),
}
"""The printer may have it; it can be asked, and then nothing comes out twice."""

CANNOT_TELL = {
    "restarts-after-printing": Behaviour(_once(Fault.RESTART), rule=OutcomeKind.PROTOCOL, tells=False, sheets=None),
    "restarts-before-printing": Behaviour(
        _steps(Step(Fault.RESTART, At.ASK, times=1), traits=Traits(print_seconds=2.0)),
        rule=OutcomeKind.PROTOCOL,
        tells=False,
        sheets=None,
    ),
    "lists-no-jobs-and-no-answer": Behaviour(
        _steps(Step(Fault.MUTE, times=1), traits=Traits(lacks=(*_NO_CREATE, Operation.GET_JOBS))),
        rule=OutcomeKind.PROTOCOL,
        tells=False,
        sheets=None,
    ),
}
"""The printer cannot say what it printed: `at-least-once` sends again, and it may come out twice."""

FOR_EVER = {
    "busy-for-ever": _waits(_always(Fault.REFUSE, At.CREATE, status=Status.BUSY), Reason.BUSY, OutcomeKind.BUSY),
    "not-accepting-for-ever": _waits(
        _always(Fault.REFUSE, At.CREATE, status=Status.NOT_ACCEPTING_JOBS), Reason.NOT_ACCEPTING, OutcomeKind.BUSY
    ),
    "garbage-for-ever": _waits(_always(Fault.GARBAGE, At.ANY), Reason.PROTOCOL_ERROR, OutcomeKind.PROTOCOL),
    "web-page-for-ever": _waits(
        _always(Fault.GARBAGE, At.ANY, garbage=Garbage.PAGE), Reason.PROTOCOL_ERROR, OutcomeKind.PROTOCOL
    ),
    "closed": _waits(Script(door=Door(Shut.REFUSES)), Reason.UNREACHABLE, OutcomeKind.UNREACHABLE),
    "black-hole": _waits(Script(door=Door(Shut.BLACK_HOLE)), Reason.UNREACHABLE, OutcomeKind.UNREACHABLE),
    "never-answers": _waits(_always(Fault.SLEEP, At.ANY), Reason.TIMED_OUT, OutcomeKind.UNREACHABLE),
    "stalls-for-ever": Behaviour(
        _always(Fault.STALL, At.DOCUMENT, octets=1 << 20),
        RETRY,
        Reason.TIMED_OUT,
        OutcomeKind.UNREACHABLE,
        sheets=0,
        octets=BIG,
    ),
    "out-of-paper-for-ever": Behaviour(_always(Fault.EMPTY, At.DOCUMENT), PROCESSING, Reason.PRINTING, sheets=0),
}
"""It does not end before the deadline."""

BEHAVIOURS: dict[str, Behaviour] = {**WELL, **REFUSALS, **PASSING, **IN_DOUBT, **CANNOT_TELL, **FOR_EVER}
