"""The document of a delivery on its way out: whole or still growing, and what it means when it cannot be sent."""

from __future__ import annotations

import asyncio

from distserver.deliver.contract import Canceled, Deferred, DeliveryRequest, Failed, Watch
from distserver.errors import DocumentRefused
from distserver.model.states import OutcomeKind, Reason
from distwire.ipp.body import DocumentFile, bring_whole
from distwire.ipp.failures import DocumentUnreadable, HttpRefused, TransferError

STOPPED = "the sending was stopped: another worker may carry this delivery by now"

_NO_LENGTH = (400, 411, 501, 505)
"""What HTTP servers say to a body in chunks that they cannot take: 411 as they should (RFC 9112 §6.3), 501 for an
unknown coding (§6.1), 505 those of HTTP/1.0, and 400 whoever read on behind the headers."""


def make_document(request: DeliveryRequest, watch: Watch) -> DocumentFile:
    """The rendition as the clients of IPP send it, with the worker's lease as its gate."""
    rendition = request.rendition
    return DocumentFile(rendition.path, rendition.size, rendition.growth, watch.may_send)


def wants_length(error: TransferError, document: DocumentFile) -> bool:
    """The device refused a document because its length was not told."""
    return document.size is None and isinstance(error, HttpRefused) and error.status in _NO_LENGTH


async def bring_whole_unless_canceled(
    document: DocumentFile, request: DeliveryRequest, watch: Watch
) -> DocumentFile | Canceled | Deferred | Failed:
    """`bring_whole` before anything was sent; the outcome when it fails or nobody wants it any more."""
    if document.size is not None:
        return document
    bring = asyncio.ensure_future(bring_whole(document))
    stop = asyncio.ensure_future(watch.canceled.wait())
    try:
        await asyncio.wait((bring, stop), return_when=asyncio.FIRST_COMPLETED)
        return bring.result() if bring.done() else Canceled(0)
    except DocumentUnreadable as error:
        return explain_unreadable(error, request, watch)
    finally:
        stop.cancel()
        bring.cancel()
        await asyncio.wait((bring, stop))


def explain_unreadable(error: DocumentUnreadable, request: DeliveryRequest, watch: Watch) -> Deferred | Failed:
    """Why our own document did not go out, nothing of it being printed."""
    if not watch.may_send():
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, STOPPED)
    growth = request.rendition.growth
    failure = growth.failure if growth is not None else None
    if isinstance(failure, DocumentRefused):
        return Failed(failure.reason, str(failure))
    if failure is not None:
        return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, str(failure))
    return Deferred(OutcomeKind.OURS, Reason.DOCUMENT_MISSING, str(error))
