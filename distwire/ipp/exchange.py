"""One request and its response as bytes, free of I/O: a rim feeds the body of a POST and sends what `finish` answers.

Used alike by the asyncio server and by a synchronous WSGI application:

    exchange = Exchange(service, Context(path=…, authority=…))
    for piece in body:
        exchange.feed(piece)
        if exchange.answered:
            break
    response = exchange.finish()        # or exchange.abort() when the body broke off
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from distwire.ipp.compression import BlowUp, CompressionError, Inflater
from distwire.ipp.decode import HeadReader, Limits
from distwire.ipp.encode import encode_message
from distwire.ipp.enums import Status
from distwire.ipp.errors import Malformed
from distwire.ipp.message import VERSION_2_0, Message
from distwire.ipp.service import Call, Context, DocumentSink, Refusal, Reply, Service

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

    @property
    def answered(self) -> bool:
        """True once the response is decided: nothing that is still to come of the body will be looked at."""
        return self._response is not None

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body; never raises for what the client sent."""
        if self._response is None:
            self._guard(self._feed_head if self._request is None else self._feed_document, piece)

    def finish(self) -> bytes:
        """The response, once the body is whole (or `answered`)."""
        if self._request is None and self._response is None:
            self._guard(self._finish_head)
        if self._response is None:
            self._guard(self._finish_document)
        assert self._response is not None
        return self._response

    def abort(self, reason: str = "the client went away") -> None:
        """The body broke off: nobody waits for a response."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.abort(reason)

    def _guard(self, step: Callable[..., None], *arguments: bytes) -> None:
        """Take one step; whatever goes wrong becomes the response."""
        try:
            step(*arguments)
        except Malformed as error:
            self._refuse_unread(error)
        except Refusal as refusal:
            self._give_up(refusal.reply)
        except CompressionError as error:
            self._give_up(Reply(Status.COMPRESSION_ERROR, words=str(error)))
        except BlowUp as error:
            self._give_up(Reply(Status.REQUEST_ENTITY_TOO_LARGE, words=str(error)))
        except Exception:  # noqa: BLE001 - the outermost loop of a request: the next one is to be served
            _log.exception("ipp-request-broke")
            self._give_up(Reply(Status.INTERNAL_ERROR, words="the printer could not do this; its log says why"))

    def _feed_head(self, piece: bytes) -> None:
        self._start = (self._start + piece)[:_HEAD] if len(self._start) < _HEAD else self._start
        request = self._reader.feed(piece)
        if request is not None:
            self._begin(request, self._reader.rest)

    def _finish_head(self) -> None:
        self._begin(self._reader.finish(), b"")

    def _begin(self, request: Message, rest: bytes) -> None:
        self._request = request
        answer = self._service.begin(request, self._context)
        if isinstance(answer, Message):
            self._answer(answer)
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
        self._answer(self._service.respond(self._request, sink.finish()))

    def _give_up(self, reply: Reply) -> None:
        """Answer with what went wrong; half a document is dropped."""
        assert self._request is not None
        self.abort(reply.words or "the document was refused")
        self._answer(self._service.respond(self._request, reply))

    def _refuse_unread(self, error: Malformed) -> None:
        """Answer bytes that are no IPP message, with their request-id when there is one."""
        start = self._start.ljust(_HEAD, b"\0")
        version = (start[0], start[1]) if start[0] else VERSION_2_0
        stub = Message(version, int.from_bytes(start[2:4]), int.from_bytes(start[4:8]))
        self._answer(self._service.respond(stub, Reply(Status.BAD_REQUEST, words=str(error))))

    def _answer(self, response: Message) -> None:
        self._response = encode_message(response)
