"""Print-URI and Send-URI: the document is fetched from where the client says (RFC 8011 §4.2.2, §4.3.2).

Offered only where a setting names hosts. The answer is given when the document is there: who names one that cannot be
had hears so. An open job stays open unless a part of the document had come already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from distserver.errors import LaterError, UserError
from distserver.intake.ipp.fetch_limits import AccessError, Interest
from distserver.intake.ipp.fetching import Fetcher
from distserver.intake.ipp.jobs import JobOperations
from distserver.intake.ipp.reception import refusal_of
from distserver.intake.ipp.rim import Rim
from distserver.intake.ipp.sources import NotAllowed
from distwire.ipp.attributes import attribute
from distwire.ipp.compression import BlowUp, CompressionError, Inflater
from distwire.ipp.enums import Operation, Status
from distwire.ipp.service import Call, DocumentSink, Handler, Refusal, Reply
from distwire.ipp.values import cut_octets, text, uri

log = logging.getLogger(__name__)

_AT_ONCE = 4
_URI_OCTETS = 1023

OpenSink = Callable[[Call], DocumentSink]


class AccessRefusal(Refusal):
    """client-error-document-access-error, with what the other side said (RFC 8011 §4.1.6.4)."""

    def __init__(self, words: str, where: str, code: str = "") -> None:
        cause = attribute("document-uri", uri(where))
        super().__init__(Status.DOCUMENT_ACCESS_ERROR, words, (cause,))
        said = f"({code}) {where}" if code else words
        detail = attribute("document-access-error", text(cut_octets(said, _URI_OCTETS)))
        self.reply = Reply(self.reply.status, (), self.reply.unsupported, self.reply.words, (detail,))


class ReferenceOperations:
    """Handlers; none where nothing may be fetched."""

    def __init__(self, rim: Rim, jobs: JobOperations) -> None:
        self._fetcher: Fetcher = rim.fetcher
        self._jobs = jobs
        self._limit = rim.house.most_octets
        self._threads = ThreadPoolExecutor(_AT_ONCE, "print-uri")

    def handlers(self) -> dict[int, Handler]:
        if not self._fetcher.sources.hosts:
            return {}
        return {Operation.PRINT_URI: self.print_uri, Operation.SEND_URI: self.send_uri}

    def print_uri(self, call: Call) -> Awaitable[Reply]:
        """Print-URI: as Print-Job, with a document that is fetched."""
        self._jobs.validate_job(call)
        where = self._where(call)
        return self._carry(call, where, self._jobs.print_job)

    def send_uri(self, call: Call) -> Awaitable[Reply] | DocumentSink:
        """Send-URI: as Send-Document; without a URI it may be no more than the word that there is no further one."""
        self._jobs.check_send(call)
        if call.operation.find("document-uri") is None:
            return self._jobs.send_document(call)
        where = self._where(call)
        return self._carry(call, where, self._jobs.send_document)

    def _where(self, call: Call) -> str:
        where = call.operation.string("document-uri")
        if where is None:
            raise Refusal(Status.BAD_REQUEST, "document-uri is missing")
        sources = self._fetcher.sources
        scheme = where.partition(":")[0].lower()
        if scheme not in sources.schemes:
            cause = attribute("document-uri", uri(where))
            words = f"documents are fetched by {', '.join(sources.schemes)} only"
            raise Refusal(Status.URI_SCHEME_NOT_SUPPORTED, words, (cause,))
        try:
            sources.find(where)
        except NotAllowed as error:
            raise AccessRefusal(str(error), where) from error
        return where

    async def _carry(self, call: Call, where: str, open_sink: OpenSink) -> Reply:
        interest = Interest()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._fetch, call, where, open_sink, interest)
        except asyncio.CancelledError:
            interest.end()
            raise

    def _fetch(self, call: Call, where: str, open_sink: OpenSink, interest: Interest) -> Reply:
        """The document goes into its sink as it comes; half a document leaves nothing behind."""
        filling = _Filling(call, open_sink, self._limit)
        try:
            self._fetcher.fetch(where, filling.take, interest)
            return filling.finish()
        except (NotAllowed, AccessError) as error:
            filling.abort(str(error))
            log.info("document-not-fetched", {"host": urlsplit(where).hostname or "", "error": str(error)})
            raise AccessRefusal(str(error), where, getattr(error, "code", "")) from error
        except BlowUp as error:
            filling.abort(str(error))
            raise Refusal(Status.REQUEST_ENTITY_TOO_LARGE, str(error)) from error
        except CompressionError as error:
            filling.abort(str(error))
            raise Refusal(Status.COMPRESSION_ERROR, str(error)) from error
        except (UserError, LaterError) as error:
            filling.abort(str(error))
            raise refusal_of(error) from error
        except BaseException:
            filling.abort("the document was refused")
            raise


class _Filling:
    """The sink of a document, opened when its first octets come: what is not there at all costs a job nothing."""

    def __init__(self, call: Call, open_sink: OpenSink, limit: int) -> None:
        self._call = call
        self._open = open_sink
        self._inflater = Inflater(call.compression, limit=limit)
        self._sink: DocumentSink | None = None

    def take(self, piece: bytes) -> None:
        sink = self._opened()
        for plain in self._inflater.feed(piece):
            sink.write(plain)

    def finish(self) -> Reply:
        """The document is whole; an empty one is refused like one that was not sent."""
        sink = self._opened()
        self._inflater.finish()
        self._sink = None  # from now on it cleans up after itself
        answer = sink.finish()
        assert isinstance(answer, Reply)
        return answer

    def abort(self, reason: str) -> None:
        if self._sink is not None:
            self._sink.abort(reason)

    def _opened(self) -> DocumentSink:
        if self._sink is None:
            self._sink = self._open(self._call)
        return self._sink
