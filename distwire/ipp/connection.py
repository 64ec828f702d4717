"""One HTTP/1.1 connection to a printer: a request goes out while the answer is already listened for (RFC 9112).

A printer may refuse in the middle of a document: its answer is heard, and the sending stops. It may also say that all
is well before it has everything: then the rest is still sent.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import nullcontext

from distwire.ipp.answer import Answer, Response
from distwire.ipp.body import Body, OpenDocument, open_document
from distwire.ipp.endpoint import Origin, Patience
from distwire.ipp.failures import ConnectionLost, DocumentUnreadable, NotIpp, TimedOut, TransferError
from distwire.ipp.post import make_head
from distwire.ipp.wire import Wire

_CONTINUE_WAIT = 1.0
_ANSWER_SECONDS = 300.0
"""From an answer's beginning, the document being there, to its end: a device that sends a byte now and then would
hold us for years."""
_EXPECT_FROM = 1 << 20
"""Octets from which on a device is asked before they are sent. A refusal stops less than that about as fast without
the question, which costs a round trip, and a whole second at devices that do not know it."""
_CHUNK = 1 << 20
"""Most octets of a chunk: small devices may keep one whole."""
_TAIL = b"\r\n0\r\n\r\n"
"""The end of the last chunk, and of a chunked body."""


class Connection:
    """An open connection; one exchange at a time. `idle_since` is the loop's time of its last use.

    One task carries an exchange; the wire's callbacks note what happened and wake it.
    """

    def __init__(self, wire: Wire, origin: Origin) -> None:
        self._wire = wire
        self._origin = origin
        self._loop = asyncio.get_running_loop()
        self._answer = Answer()
        self._patience = Patience()
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = math.inf
        self._latest = 0.0
        self._failure: TransferError | None = None
        self._source_error: OSError | None = None
        self._busy = False
        self._all_given = False
        self._tail = 0
        self._clean = True
        self._ended = False
        self.fresh = True
        self.idle_since = self._loop.time()
        wire.listen(self)

    @property
    def reusable(self) -> bool:
        """True when the last exchange ended cleanly and the device has not closed or spoken since."""
        return self._clean and not self._ended and self._wire.quiet

    def close(self) -> None:
        """Let go at once; what is unsent is lost."""
        self._ended = True
        self._wire.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def exchange(
        self, path: str, authorization: str | None, body: Body, patience: Patience, max_size: int
    ) -> Response:
        """POST `body` and wait for the final answer. Raises `TransferError`s; the caller then closes."""
        expects = (_EXPECT_FROM if body.length is None else body.length) >= _EXPECT_FROM
        head = make_head(self._origin, path, authorization, body.length, expects=expects)
        self._answer.expect(max_size)
        self._patience = patience
        self._failure = self._source_error = None
        self._clean = self._all_given = False
        self._tail = len(_TAIL) if body.length is None else 0
        self._busy = True
        try:
            with nullcontext() if body.document is None else open_document(body.document) as document:
                try:
                    return await self._run(head, body, document, expects)
                finally:
                    if self._wire.unsent:
                        self._wire.close()  # before its document is: the number of a closed file soon means another
        except TransferError as error:
            error.whole = self._whole
            raise
        except OSError as error:
            unreadable = DocumentUnreadable(str(error), begun=True)
            unreadable.whole = self._whole
            raise unreadable from error
        finally:
            self._busy = False
            self._deadline = math.inf

    @property
    def _whole(self) -> bool:
        """All of the document was handed to the network: kept exact, for whether it may be sent again hangs on it."""
        return self._all_given and self._wire.unsent <= self._tail

    @property
    def _over(self) -> bool:
        """Nothing more of the request has to be sent."""
        answer = self._answer
        failed = self._failure is not None or self._source_error is not None or self._ended
        return failed or (answer.complete and (answer.refuses or self._wire.broken))

    async def _run(self, head: bytes, body: Body, document: OpenDocument | None, expects: bool) -> Response:
        self._wait_until(self._loop.time() + self._patience.idle)
        if expects:
            self._wire.write(head)
            await self._ask()
            head = b""
        if document is None:
            self._all_given = True
            self._wire.write(head + body.head)
        elif not self._over:
            await self._send(head, body, document)
        await self._flush()
        if not self._answer.begun and self._whole:
            self._wait_until(self._loop.time() + self._patience.first_byte)
        while not (self._answer.complete or self._over):
            await self._turn()
        return self._conclude()

    def _conclude(self) -> Response:
        answer = self._answer
        if self._source_error is not None:
            raise self._source_error
        if self._failure is not None:
            raise self._failure
        if not answer.complete:
            raise ConnectionLost(
                "the device closed the connection without an answer", begun=True, answering=answer.begun
            )
        if not answer.refuses and not self._whole:
            raise ConnectionLost("the device closed before it had the whole document", begun=True)
        self._clean = answer.keeps_alive and not answer.surplus and self._all_given and self._wire.unsent == 0
        self.idle_since = self._loop.time()
        self.fresh = False
        return answer.make_response(whole=self._whole)

    async def _ask(self) -> None:
        """Wait for the word to go on; many devices know nothing of Expect, so not for long (RFC 9110 §10.1.1)."""
        enough = self._loop.time() + _CONTINUE_WAIT
        timer = self._loop.call_at(enough, self._wake)
        try:
            while not (self._answer.informed or self._answer.complete or self._over) and self._loop.time() < enough:
                await self._turn()
        finally:
            timer.cancel()

    async def _send(self, head: bytes, body: Body, document: OpenDocument) -> None:
        """Push the body out, a chunk for each part of the document that is there, or just the octets."""
        size = body.document.size if body.document is not None else None
        chunked = size is None
        if chunked:
            head += b"%x\r\n" % len(body.head)
        offset, limit = 0, await self._look(document, 0)
        self._wire.write(head + body.head, more=limit is not None and limit > 0)
        while limit is not None and limit > offset:
            stop = min(limit, offset + _CHUNK) if chunked else limit
            if chunked:
                self._wire.write(b"\r\n%x\r\n" % (stop - offset), more=True)
            self._all_given = stop == size
            self._wire.write_file(document.file, offset, stop, document.check_gate)
            await self._flush()
            if self._over:
                return
            offset = stop
            if offset == limit and not self._all_given:
                limit = await self._look(document, offset)
        if limit is not None:
            document.check()
            self._all_given = True
            if chunked:
                self._wire.write(_TAIL)

    async def _look(self, document: OpenDocument, offset: int) -> int | None:
        """How far the document can be read now; None when an answer ended the waiting for more of it.

        No device is blamed for the time that our own writer takes.
        """
        if not document.grows:
            return document.measure()
        self._deadline = math.inf
        task = asyncio.ensure_future(document.beyond(offset))
        task.add_done_callback(lambda _: self._wake())
        try:
            while not (task.done() or self._over):
                await self._turn()
            return task.result() if task.done() else None
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # heard
            self._wait_until(self._loop.time() + self._patience.idle)

    async def _flush(self) -> None:
        """Until the network has taken what it was given, or need not any more."""
        while (self._wire.unsent or not self._wire.settled) and not self._over:
            await self._turn()

    async def _turn(self) -> None:
        """Sleep until a callback wakes."""
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def received(self, data: bytes) -> None:
        """Wire: octets of an answer, or of something that nobody asked for."""
        if not self._busy:
            self._clean = False
            self.close()
            return
        answer = self._answer
        had_begun = answer.begun
        try:
            answer.feed(data)
        except NotIpp as error:
            self._failure = error
        if answer.begun and self._deadline != math.inf:
            now = self._loop.time()
            if not had_begun or not self._whole:
                self._latest = now + _ANSWER_SECONDS
            self._wait_until(min(now + self._patience.idle, self._latest))
        if answer.complete or answer.informed or self._failure is not None:
            self._wake()

    def ended(self) -> None:
        """Wire: the other side has closed."""
        self._ended = True
        self._answer.end()
        if self._busy:
            self._wake()
        else:
            self.close()

    def moved(self) -> None:
        """Wire: octets went out, or cannot any more."""
        if self._deadline != math.inf:
            self._deadline = self._loop.time() + self._patience.idle
        if not self._wire.unsent or self._wire.broken:
            self._wake()

    def file_failed(self, error: OSError) -> None:
        """Wire: our own document failed."""
        self._source_error = error
        self._wake()

    def _wait_until(self, deadline: float) -> None:
        """Give up then. One timer serves for all deadlines: it is moved when it rings too early."""
        self._deadline = deadline
        if self._timer is None or deadline < self._timer.when():
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._deadline == math.inf:
            return
        if self._loop.time() < self._deadline:
            self._wait_until(self._deadline)
            return
        self._failure = TimedOut("the device did not go on in time", begun=True)
        self._wake()
