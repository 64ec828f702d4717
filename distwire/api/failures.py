"""What can go wrong between a client and the server's HTTP API; the type says what is known of it.

ApiError
├── Unreachable           no answer; `begun` says whether the server may have had the request
│   └── Untrusted         the server showed another certificate than it should: nothing was sent
├── Refused               the server says no, and why
├── NotUnderstood         an answer came that is none of this API: another program, or another version
└── Unsendable            a file could not be read to its end: the server got a piece, and threw it away
"""

from __future__ import annotations


class ApiError(Exception):
    """Root of all; the message is for people, in one sentence."""


class Unreachable(ApiError):
    """No answer came. Not `begun`: the server has had nothing of it. Else it may have done what was asked."""

    def __init__(self, message: str, *, begun: bool) -> None:
        super().__init__(message)
        self.begun = begun


class Untrusted(Unreachable):
    """The server's certificate is not the one that was named, or no authority vouches for it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, begun=False)


class Refused(ApiError):
    """The server's problem (RFC 9457). `keyword` is its `reason`, or else one for its status; `retry_after` in seconds,
    when the server says when it is worth asking again; `named` is the group or destination that it does not know."""

    def __init__(
        self, status: int, keyword: str, detail: str, retry_after: float | None = None, named: str = ""
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.keyword = keyword
        self.detail = detail
        self.retry_after = retry_after
        self.named = named

    @property
    def later(self) -> bool:
        """Nothing is wrong with the request: the same may go through later."""
        return self.status in (429, 507) or self.status >= 500


class NotUnderstood(ApiError):
    """The answer is none of this API."""


class Unsendable(ApiError):
    """A document cannot be read, or became shorter while it was sent; the server has made no job of it."""
