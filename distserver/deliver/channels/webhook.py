"""`webhook:URL` posts the document to a web service, signed, under an id by which it knows a repetition.

Only services that the registry of destinations names are spoken to: what a user types is not fetched by its URL.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx

from distserver.deliver.channels.webhook_signature import hash_file, make_headers, sign
from distserver.deliver.channels.webhook_words import explain_silence, judge
from distserver.deliver.contract import (
    Absent,
    Canceled,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Progress,
    Target,
    Unknown,
    Watch,
    keep_remote_id,
)
from distserver.errors import DeliveryError, DocumentRefused
from distserver.model.capabilities import Capabilities
from distserver.model.documents import INPUT_FORMATS, PDF
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp.body import DocumentFile, bring_whole
from distwire.ipp.failures import CertificateRefused, DocumentUnreadable
from distwire.ipp.tls import PIN, check_pin, make_context

_PIECE = 256 << 10
_ANSWER = 4096
_WORDS_SECONDS = 5.0
_NOT_NAMED = (
    "only webhooks that the registry of destinations names may be used: an administrator adds a line for this address"
)
_NO_KEY = "the registry's line of this webhook lacks secret=@NAME, the key of the signature"
_STOPPED = "the sending was stopped: another worker may carry this delivery by now"
_CANNOT_TELL = "a web service cannot be asked what it has; a repetition bears the same Idempotency-Key"


class _Stopped(Exception):
    """Nothing more may leave: the worker has lost the delivery, or nobody wants it any more."""


@dataclass
class _Sending:
    """How far a request has come. `whole`: from now on the service can have all of the document."""

    request: DeliveryRequest
    watch: Watch
    limit: asyncio.Timeout
    whole: bool = False

    async def read(self, path: Path, size: int) -> AsyncIterator[bytes]:
        """The document piece by piece, once it is on the disk that it may arrive. Raises `_Stopped`, `OSError`."""
        if self.watch.canceled.is_set() or not await self.watch.begin():
            raise _Stopped
        left = size
        with path.open("rb") as stream:
            while piece := await asyncio.to_thread(stream.read, _PIECE):
                if self.watch.canceled.is_set() or not self.watch.may_send():
                    raise _Stopped
                left -= len(piece)
                self.whole = left <= 0
                yield piece
            self.whole = True
        self.limit.reschedule(asyncio.get_running_loop().time() + _longest_wait(self.request.target))


class WebhookChannel:
    """One client a worker; connections are its own affair."""

    def __init__(self) -> None:
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """Any format as it is, or PDF where the line says so; it is seen whether somebody listens there, and who."""
        if (refusal := _check(target)) is not None:
            raise DeliveryError(refusal.message, OutcomeKind.REFUSED, refusal.reason)
        found = await self._knock(target)
        if found is not None:
            kind = found.kind if isinstance(found, Deferred) else OutcomeKind.REFUSED
            raise DeliveryError(found.message, kind, found.reason)
        said = dict(target.options).get("form", "as-is")
        return Capabilities(formats=(PDF,) if said == "pdf" else INPUT_FORMATS, copies_max=999)

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Post it, and take the answer for the outcome."""
        return keep_remote_id(request, await self._try(request, watch))

    async def _try(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        if (refusal := _check(request.target)) is not None:
            return refusal
        if watch.canceled.is_set():
            return Canceled(0)
        watch.progress(Progress(remote_id=request.name))
        sending = _Sending(request, watch, asyncio.timeout(None))
        rendition = request.rendition
        try:
            document = await bring_whole(DocumentFile(rendition.path, rendition.size, rendition.growth))
            digest, size = await asyncio.to_thread(hash_file, document.path)
            return await self._post(sending, digest, size)
        except TimeoutError as error:
            return explain_silence(error, whole=sending.whole)
        except (DocumentUnreadable, OSError) as error:
            return _explain_unreadable(error, request)
        except _Stopped:
            if watch.canceled.is_set():
                return Canceled(0)
            return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, _STOPPED)
        except CertificateRefused as error:
            return Failed(Reason.CERTIFICATE, str(error))
        except httpx.HTTPError as error:
            return explain_silence(error, whole=sending.whole)

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Nobody can be asked; the id lets the service know a repetition."""
        found = _check(request.target) or await self._knock(request.target)
        if isinstance(found, Deferred):
            return found
        return Unknown(_CANNOT_TELL if found is None else found.message)

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Nothing is ever accepted without being done."""
        return Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, _CANNOT_TELL)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()

    async def _post(self, sending: _Sending, digest: bytes, size: int) -> Outcome:
        target, url = sending.request.target, _url(sending.request.target)
        headers = make_headers(sending.request, digest, size)
        signed = sign(url, headers, target.secret or "", _key_id(target))
        post = self._client(target).build_request(
            "POST",
            url,
            headers=signed,
            content=sending.read(sending.request.rendition.path, size),
            timeout=_timeouts(target),
            extensions={"trace": _Pinning(target, sending.watch).hear},
        )
        async with sending.limit:
            answer = await self._client(target).send(post, stream=True)
        try:
            words = await _read_words(answer)
        finally:
            await answer.aclose()
        return judge(answer.status_code, answer.headers, words, whole=sending.whole)

    async def _knock(self, target: Target) -> Deferred | Failed | None:
        """Connect, and with https see the certificate; nothing is asked."""
        url = httpx.URL(_url(target))
        secure = make_context(target.tls) if url.scheme == "https" else None
        port = url.port or (80 if secure is None else 443)
        try:
            async with asyncio.timeout(target.timeouts.connect):
                name = url.host if secure is not None else None
                _, writer = await asyncio.open_connection(url.host, port, ssl=secure, server_hostname=name)
            try:
                if secure is not None and target.tls == PIN:
                    _check_certificate(writer.get_extra_info("ssl_object"), target)
            finally:
                writer.transport.abort()
                await asyncio.sleep(0)  # the loop may be at its end: what is let go of is closed now
        except (ssl.SSLCertVerificationError, CertificateRefused) as error:
            return Failed(Reason.CERTIFICATE, f"the service's certificate is not trusted: {error}")
        except TimeoutError:
            return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, "the web service does not answer")
        except (OSError, UnicodeError) as error:
            words = f"no connection to the web service: {error}"
            return Deferred(OutcomeKind.UNREACHABLE, Reason.UNREACHABLE, words)
        return None

    def _client(self, target: Target) -> httpx.AsyncClient:
        """One for each way to look at certificates. No proxy of the environment, no redirect, no cookie to be kept."""
        if target.tls not in self._clients:
            self._clients[target.tls] = httpx.AsyncClient(
                verify=make_context(target.tls),
                trust_env=False,
                follow_redirects=False,
                limits=_LIMITS,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            )
        return self._clients[target.tls]


_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""None is kept: a certificate is seen at each connection, and one that was closed meanwhile costs a doubtful try."""


class _Pinning:
    """Looks at a certificate that is trusted at first sight, before anything is sent."""

    def __init__(self, target: Target, watch: Watch) -> None:
        self._target = target
        self._watch = watch

    async def hear(self, event: str, facts: dict[str, Any]) -> None:
        """See httpcore's trace extension."""
        if event == "connection.start_tls.complete" and self._target.tls == PIN:
            stream = facts["return_value"]
            try:
                found = _check_certificate(stream.get_extra_info("ssl_object"), self._target)
            except CertificateRefused:
                await stream.aclose()  # nobody else will
                raise
            if self._target.pinned is None:
                self._watch.progress(Progress(pinned=found))


def _explain_unreadable(error: Exception, request: DeliveryRequest) -> Deferred | Failed:
    """Why our own document did not go out."""
    growth = request.rendition.growth
    failure = growth.failure if growth is not None else None
    if isinstance(failure, DocumentRefused):
        return Failed(failure.reason, str(failure))
    return Deferred(OutcomeKind.OURS, Reason.DOCUMENT_MISSING, f"the document cannot be read: {failure or error}")


def _check_certificate(secure: Any, target: Target) -> str:
    return check_pin(secure.getpeercert(binary_form=True), target.pinned)


def _check(target: Target) -> Failed | None:
    """Why nothing is sent there, whoever asks for it."""
    if not target.named:
        return Failed(Reason.REFUSED, _NOT_NAMED)
    return Failed(Reason.REFUSED, _NO_KEY) if not target.secret else None


def _url(target: Target) -> str:
    return target.address.uri.removeprefix("webhook:")


def _key_id(target: Target) -> str:
    """The name of the secret: it tells the receiver which key to take, and nothing of the key."""
    said = dict(target.options).get("secret", "")
    return said[1:] if said.startswith("@") else "distserver"


def _timeouts(target: Target) -> httpx.Timeout:
    times = target.timeouts
    return httpx.Timeout(times.idle, connect=times.connect, read=_longest_wait(target))


def _longest_wait(target: Target) -> float:
    """For the answer to the whole document, however many interim answers or letters of it come meanwhile."""
    return target.timeouts.first_byte + target.timeouts.idle


async def _read_words(answer: httpx.Response) -> str:
    """The beginning of what the service says, not decompressed; an answer that breaks off later, or never ends, was an
    answer all the same."""
    said = b""
    try:
        async with asyncio.timeout(_WORDS_SECONDS):
            async for piece in answer.aiter_raw():
                said += piece
                if len(said) >= _ANSWER:
                    break
    except (httpx.HTTPError, OSError):  # TimeoutError is one
        pass
    return "" if "content-encoding" in answer.headers else said[:_ANSWER].decode("utf-8", "replace")
