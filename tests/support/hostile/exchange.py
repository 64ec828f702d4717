"""One IPP request on its way through a script: head, document, fault, answer. A document is hashed, never held."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Protocol

from distwire.ipp import (
    MEDIA_TYPE,
    Group,
    HeadReader,
    Malformed,
    Message,
    Status,
    attribute,
    encode_message,
    make_message,
)
from distwire.ipp import values as v
from tests.support.hostile.job import Job
from tests.support.hostile.operations import Answer, carries_document, carry_out, open_document, places_of, show
from tests.support.hostile.printer import Printer
from tests.support.hostile.script import At, Fault, Garbage, Step

_WELL = Step(Fault.SLEEP, seconds=0.0)


class Line(Protocol):
    """What an exchange does with its connection."""

    def respond(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        """A whole HTTP answer."""

    def drip(self, status: int, kind: str, body: bytes, seconds: float) -> None:
        """The same, byte by byte."""

    def spoil(self, garbage: Garbage, body: bytes) -> None:
        """Something else than this answer, then the end of the connection."""

    def proceed(self) -> None:
        """100 Continue."""

    def deafen(self, *, for_ever: bool) -> None:
        """Read no more: for now, or (after an early answer) to throw away what still comes, and close."""

    def listen(self) -> None:
        """Read again."""

    def abort(self) -> None:
        """Close at once."""


class Exchange:
    """From the first byte of a request's body to its answer."""

    def __init__(self, line: Line, printer: Printer, uri: str) -> None:
        self._line = line
        self._printer = printer
        self._uri = uri
        self._reader = HeadReader()
        self._message: Message | None = None
        self._step = _WELL
        self._document: Job | int | None = None
        self._hash = hashlib.sha256()
        self._octets = 0
        self._stalled = False
        self._complete = False
        self._over = False

    def welcome(self) -> None:
        """The client asks before it sends a document (RFC 9110 §10.1.1)."""
        step = self._printer.peek_step(At.DOCUMENT)
        if step is not None and step.fault is Fault.HTTP and step.early:
            self._step = self._printer.next_step(At.DOCUMENT) or _WELL
            self._refuse_early()
        else:
            self._line.proceed()

    def feed(self, data: bytes) -> None:
        """More of the body."""
        if self._over:
            return
        if self._message is None:
            try:
                message = self._reader.feed(data)
            except Malformed:
                self._bad()
                return
            if message is None:
                return
            self._begin(message)
            data = self._reader.rest
        if not self._over and isinstance(self._document, Job):
            self._take(self._document, data)

    def finish(self) -> None:
        """The body is over."""
        if self._over:
            return
        if self._message is None:
            try:
                self._begin(self._reader.finish())
            except Malformed:
                self._bad()
        self._complete = True
        if not self._over and not self._stalled:
            self._end()

    def broken(self) -> None:
        """The connection is gone."""
        if not self._over and not self._complete and isinstance(self._document, Job):
            self._part(self._document)
        self._over = True

    def _begin(self, message: Message) -> None:
        self._message = message
        self._printer.requests[message.code] = self._printer.requests.get(message.code, 0) + 1
        self._step = self._printer.next_step(*places_of(message.code)) or _WELL
        if self._step.fault in (Fault.REFUSE, Fault.HTTP):
            if self._step.early:
                self._refuse_early()
        elif carries_document(message.code):
            self._document = open_document(self._printer, message)
        elif self._step.fault is Fault.CUT:
            self._over = True
            self._line.abort()

    def _take(self, job: Job, data: bytes) -> None:
        self._hash.update(data)
        self._octets += len(data)
        if self._octets < self._step.octets:
            return
        if self._step.fault is Fault.CUT:
            self._over = True
            self._part(job)
            self._line.abort()
        elif self._step.fault is Fault.STALL and not self._stalled:
            self._stalled = True
            self._line.deafen(for_ever=False)
            if self._step.seconds is not None:
                asyncio.get_running_loop().call_later(self._step.seconds, self._go_on)

    def _go_on(self) -> None:
        self._stalled, self._step = False, _WELL
        self._line.listen()
        if self._complete and not self._over:
            self._end()

    def _part(self, job: Job) -> None:
        self._printer.take_part(job, self._hash.hexdigest(), self._octets)

    def _refuse_early(self) -> None:
        self._over = True
        self._refuse()
        self._line.deafen(for_ever=True)

    def _refuse(self) -> None:
        step = self._step
        if step.fault is Fault.REFUSE:
            self._line.respond(200, MEDIA_TYPE, self._encode(step.status, []))
            return
        headers = [("WWW-Authenticate", 'Basic realm="hostile"')] if step.status == 401 else []
        if step.seconds is not None:
            headers.append(("Retry-After", str(round(step.seconds))))
        self._line.respond(step.status, "text/html", b"<html>no</html>", *headers)

    def _bad(self) -> None:
        self._over = True
        self._line.respond(200, MEDIA_TYPE, self._encode(Status.BAD_REQUEST, []))

    def _end(self) -> None:
        """Everything is there: do it, then answer as the step wants."""
        self._over = True
        step, line = self._step, self._line
        if step.fault in (Fault.REFUSE, Fault.HTTP):
            self._refuse()
            return
        body = self._encode(*self._carry_out())
        match step.fault:
            case Fault.MUTE:
                line.abort()
            case Fault.RESTART:
                self._printer.restart()
                line.abort()
            case Fault.GARBAGE:
                line.spoil(step.garbage, body)
            case Fault.LIE:
                line.respond(200, MEDIA_TYPE, self._encode(step.status, []))
            case Fault.DRIP:
                line.drip(200, MEDIA_TYPE, body, step.seconds or 0.0)
            case Fault.SLEEP if step.seconds is None:
                pass
            case Fault.SLEEP if step.seconds:
                asyncio.get_running_loop().call_later(step.seconds, line.respond, 200, MEDIA_TYPE, body)
            case _:
                line.respond(200, MEDIA_TYPE, body)

    def _carry_out(self) -> Answer:
        assert self._message is not None
        job = self._document
        if job is None:
            return carry_out(self._printer, self._message, self._uri)
        if isinstance(job, int):
            return job, []
        if self._step.fault is Fault.EMPTY:
            self._printer.empty_tray(self._step.seconds)
        if self._step.fault is Fault.ABORT:
            self._printer.give_up(job, self._step.reason)
        if self._message.operation.string("document-format") in self._printer.script.traits.chokes:
            self._printer.give_up(job, "document-format-error")
        self._printer.take_whole(job, self._hash.hexdigest(), self._octets)
        return Status.OK, [show(self._printer, job, self._uri)]

    def _encode(self, status: int, groups: list[Group]) -> bytes:
        number = self._message.request_id if self._message is not None else 1
        words = (attribute("status-message", v.text("so be it")),) if status else ()
        return encode_message(make_message(status, number, words, groups))
