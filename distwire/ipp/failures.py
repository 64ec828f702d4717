"""Why a request has no IPP answer. `begun` decides what may follow: only what was not begun is safely repeated.

TransferError
├── Unreachable           no connection came about
├── CertificateRefused    the device's certificate is not trusted
│   └── PinMismatch       … it is another one than at the first meeting
├── TimedOut              the device stopped talking or taking
├── ConnectionLost        the connection broke
├── HttpRefused           an HTTP status other than 200
├── NotIpp                an answer, but no IPP
└── DocumentUnreadable    our own document could not be read to its end
"""

from __future__ import annotations

from distwire.ipp.errors import IppError


class TransferError(IppError):
    """No IPP answer.

    `begun`: the other side may have received the request, in part or whole, without refusing it. `whole`: all of it
    was handed to the network; when False, the other side cannot have the whole document.
    """

    def __init__(self, message: str, *, begun: bool = False) -> None:
        super().__init__(message)
        self.begun = begun
        self.whole = False


class Unreachable(TransferError):
    """No connection came about: name, route, port, time or TLS."""


class UnknownHost(Unreachable):
    """The name has no address: misspelt, or the DNS does not know it, or cannot be asked."""

    def __init__(self, host: str) -> None:
        super().__init__(f"no host is called {host}: see its address, and the DNS of this machine")


class CertificateRefused(TransferError):
    """TLS came about as far as the certificate, which is not trusted."""


class PinMismatch(CertificateRefused):
    """The certificate is another one than the one that was pinned; both as SHA-256 in hex."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"the device's certificate has changed: expected {expected[:16]}…, found {found[:16]}…")
        self.expected = expected
        self.found = found


class TimedOut(TransferError):
    """The device took the connection and then nothing more happened for too long."""


class ConnectionLost(TransferError):
    """The connection ended before the whole answer was here. `answering` tells that its beginning was, `kept` that it
    had carried something before: then it was most likely closed before it was used again."""

    def __init__(self, message: str, *, begun: bool = False, answering: bool = False) -> None:
        super().__init__(message, begun=begun)
        self.answering = answering
        self.kept = False


class HttpRefused(TransferError):
    """The HTTP layer said no: `status`, and the seconds of its Retry-After if it gave any."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"HTTP {status}: {_WORDS.get(status, _describe_class(status))}")
        self.status = status
        self.retry_after = retry_after


class NotIpp(TransferError):
    """What came back is no IPP: a web page, garbage, or more than we take."""


class DocumentUnreadable(TransferError):
    """Our own document could not be read to its end; the connection was dropped in its middle."""


def leaves_doubt(status: int) -> bool:
    """An HTTP status to a whole request that does not prove that nothing was done: the server's own failures, and its
    haste. What a client has done wrong was refused before (RFC 9110 §15.5)."""
    return status >= 500 or status in (408, 429)


_WORDS = {
    400: "the device calls the request malformed",
    401: "the device wants a user and password, or those given are wrong",
    403: "the device forbids it",
    404: "the device has no printer at this path",
    405: "this path takes no print requests",
    407: "a proxy wants a password",
    408: "the device waited too long for the document",
    413: "the document is too large for the device",
    426: "the device asks for an encrypted connection: use ipps:// in the address",
    501: "the device cannot do what HTTP asks of it",
    503: "the device is too busy to answer",
}


def _describe_class(status: int) -> str:
    if 300 <= status < 400:
        return "the device points to another address; redirects are not followed"
    return "the device's web server failed" if status >= 500 else "the device's web server refused"
