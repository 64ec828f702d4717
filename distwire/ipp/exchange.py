"""One request and its response as bytes, free of I/O: a rim feeds the body of a POST and sends what `finish` answers.

    exchange = Exchange(service, Context(path=…, authority=…))
    for piece in body:
        exchange.feed(piece)
        if exchange.answered:
            break
    response = exchange.finish()        # or exchange.abort() when the body broke off

What IPP cannot say stands beside it, for the rim to say by HTTP: `refusal`. An answer that is still to come when the
body is whole is `pending` after `end`, and is waited for by `settle`. Any thread may take a step, one at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from distwire.ipp.compression import BlowUp, CompressionError, Inflater
from distwire.ipp.decode import HeadReader, Limits
from distwire.ipp.encode import encode_message
from distwire.ipp.enums import Status
from distwire.ipp.errors import Malformed
from distwire.ipp.message import VERSION_2_0, Message
from distwire.ipp.service import AuthenticationNeeded, Call, Context, DocumentSink, Refusal, Reply, Service

_log = logging.getLogger(__name__)

_HEAD = 8


@dataclass(frozen=True, slots=True)
class ExchangeLimits:
    """`head` bounds the attributes; `document` is the greatest size of a document in bytes once decompressed."""

    head: Limits = Limits(size=1 << 20, groups=64, values=20_000)
    document: int = 2 << 30


DEFAULT_LIMITS = ExchangeLimits()


class Exchange:
    """Collects the attributes, dispatches, streams the document into its sink, and frames the answer."""

    def __init__(self, service: Service, context: Context, limits: ExchangeLimits = DEFAULT_LIMITS) -> None:
        self._service = service
        self._context = context
        self._limits = limits
        self._reader = HeadReader(limits.head)
        self._start = b""
        self._request: Message | None = None
        self._sink: DocumentSink | None = None
        self._inflater: Inflater | None = None
        self._response: bytes | None = None
        self._pending: Awaitable[Reply] | None = None
        self._admitted = service.admit is None
        self.refusal: Refusal | None = None

    @property
    def answered(self) -> bool:
        """True once the response is decided: nothing that is still to come of the body will be looked at."""
        return self._response is not None or self._pending is not None

    @property
    def pending(self) -> bool:
        """True while the answer is something to wait for."""
        return self._pending is not None

    def admit(self) -> None:
        """Ask the service whether the client may go on, before there is a body; `answered` when it may not."""
        with self._guarded():
            self._admit()

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body; never raises for what the client sent."""
        if not self.answered:
            with self._guarded():
                if self._request is None:
                    self._feed_head(piece)
                else:
                    self._feed_document(piece)

    def end(self) -> None:
        """The body is whole."""
        if self._request is None and not self.answered:
            with self._guarded():
                self._begin(self._reader.finish(), b"")
        if not self.answered:
            with self._guarded():
                self._finish_document()

    async def settle(self) -> None:
        """Wait for the answer that is `pending`."""
        pending, self._pending = self._pending, None
        if pending is not None:
            with self._guarded():
                assert self._request is not None
                self._answer(self._service.respond(self._request, await pending))

    def finish(self) -> bytes:
        """The response, once the body is whole (or `answered`, and `settled`)."""
        self.end()
        if self._pending is not None:
            self._forget_pending()
            self._give_up(Reply(Status.INTERNAL_ERROR, words="nobody can wait for this answer here"))
        assert self._response is not None
        return self._response

    def abort(self, reason: str = "the client went away") -> None:
        """The body broke off: nobody waits for a response."""
        self._forget_pending()
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.abort(reason)

    def _forget_pending(self) -> None:
        pending, self._pending = self._pending, None
        if isinstance(pending, Coroutine):
            pending.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Around one step: whatever goes wrong becomes the response."""
        try:
            yield
        except Malformed as error:
            self._refuse_unread(error)
        except Refusal as refusal:
            if self._request is None or isinstance(refusal, AuthenticationNeeded):
                self.refusal = refusal
            self._give_up(refusal.reply)
        except CompressionError as error:
            self._give_up(Reply(Status.COMPRESSION_ERROR, words=str(error)))
        except BlowUp as error:
            self._give_up(Reply(Status.REQUEST_ENTITY_TOO_LARGE, words=str(error)))
        except Exception:  # noqa: BLE001 - the outermost loop of a request: the next one is to be served
            _log.exception("ipp-request-broke")
            self._give_up(Reply(Status.INTERNAL_ERROR, words="the printer could not do this; its log says why"))

    def _admit(self) -> None:
        if not self._admitted:
            assert self._service.admit is not None
            self._context = self._service.admit(self._context)
            self._admitted = True

    def _feed_head(self, piece: bytes) -> None:
        self._start = (self._start + piece)[:_HEAD] if len(self._start) < _HEAD else self._start
        request = self._reader.feed(piece)
        if request is not None:
            self._begin(request, self._reader.rest)

    def _begin(self, request: Message, rest: bytes) -> None:
        self._request = request
        self._admit()
        answer = self._service.begin(request, self._context)
        if isinstance(answer, Message):
            self._answer(answer)
            return
        if isinstance(answer, Awaitable):
            self._pending = answer
            return
        self._sink = answer
        compression = Call(request, self._context).compression
        self._inflater = Inflater(compression, limit=self._limits.document)
        if rest:
            self._feed_document(rest)

    def _feed_document(self, piece: bytes) -> None:
        assert self._inflater is not None
        assert self._sink is not None
        for plain in self._inflater.feed(piece):
            self._sink.write(plain)

    def _finish_document(self) -> None:
        assert self._request is not None
        assert self._inflater is not None
        assert self._sink is not None
        self._inflater.finish()
        sink, self._sink = self._sink, None
        answer = sink.finish()
        if isinstance(answer, Reply):
            self._answer(self._service.respond(self._request, answer))
        else:
            self._pending = answer

    def _give_up(self, reply: Reply) -> None:
        """Answer with what went wrong; half a document is dropped."""
        self.abort(reply.words or "the document was refused")
        request = self._request or Message(VERSION_2_0, 0, 0)
        self._answer(self._service.respond(request, reply))

    def _refuse_unread(self, error: Malformed) -> None:
        """Answer bytes that are no IPP message, with their request-id when there is one."""
        start = self._start.ljust(_HEAD, b"\0")
        version = (start[0], start[1]) if start[0] else VERSION_2_0
        stub = Message(version, int.from_bytes(start[2:4]), int.from_bytes(start[4:8]))
        self._answer(self._service.respond(stub, Reply(Status.BAD_REQUEST, words=str(error))))

    def _answer(self, response: Message) -> None:
        self._response = encode_message(response)
