"""An HTTP answer as it arrives (RFC 9112), read by llhttp: forgiving where printers are sloppy, bounded where one could
be evil."""

from __future__ import annotations

from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from distwire.ipp.failures import NotIpp

_FIRST_ERROR = 0x0400
_MOST_HEAD = 64 << 10
_MOST_FRAMING = 8
"""Octets of framing for each octet of content: a chunk of a single octet needs seven."""


@dataclass(frozen=True, slots=True)
class Response:
    """A final HTTP answer; headers are the bytes that came. `whole`: all of the request had been handed to the network
    by then, so that the other side may have carried it out, whatever it answers."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    whole: bool = True

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name, or None."""
        return next(iter(self.all_headers(name)), None)

    def all_headers(self, name: str) -> list[str]:
        """All headers of that (lower-case) name."""
        wanted = name.encode("ascii")
        return [value.decode("latin-1").strip() for key, value in self.headers if key.lower() == wanted]


class Answer:
    """Reads the answers of one connection, one after the other: `expect` one, `feed` it, until it is `complete`.

    `begun` tells that the final answer's head is here, `informed` that an informational one came (100 Continue).
    """

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(  # what printers do, and what can only harm whoever relays answers
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_keep_alive=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self.expect(0)

    def expect(self, max_size: int) -> None:
        """Forget the last answer; the next may have `max_size` octets of content."""
        self._max_size = max_size
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._fed = self._size = self._status = 0
        self._too_large = False
        self.begun = self.informed = self.complete = self.keeps_alive = self.surplus = False

    def feed(self, data: bytes) -> None:
        """Take what arrived. Raises `NotIpp`."""
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if self.surplus:
                return
            if self._too_large:
                raise NotIpp(f"the answer is larger than {self._max_size} bytes", begun=True) from None
            raise NotIpp(f"the answer is no HTTP: {error}", begun=True) from error
        if self._fed - self._size > _MOST_HEAD + _MOST_FRAMING * self._size:
            raise NotIpp("the answer's head does not end", begun=True)

    def end(self) -> None:
        """The connection is closed: that completes an answer that does not tell its length (RFC 9112 §6.3)."""
        framed = {name.lower() for name, _ in self._headers} & {b"content-length", b"transfer-encoding"}
        if self.begun and not framed:
            self.complete = True
        self.keeps_alive = False

    @property
    def refuses(self) -> bool:
        """True when neither HTTP nor (as far as its first bytes tell) IPP says yes."""
        return self._status != 200 or int.from_bytes(b"".join(self._parts)[2:4]) >= _FIRST_ERROR

    def make_response(self, *, whole: bool) -> Response:
        """The complete answer."""
        return Response(self._status, tuple(self._headers), b"".join(self._parts), whole)

    def on_message_begin(self) -> None:
        """llhttp: a status line begins."""
        if self.complete:
            self.surplus = True
            raise ValueError("more than one answer")
        self._headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp: one header, or one trailer behind a chunked body, which nobody needs."""
        if not self.begun:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """llhttp: the empty line behind the headers."""
        self._status = self._parser.get_status_code()
        self.begun = self._status >= 200
        self.keeps_alive = self.begun and self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """llhttp: content, without its framing."""
        self._size += len(data)
        if self._size > self._max_size:
            self._too_large = True
            raise ValueError("too large")
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """llhttp: the end of an answer that tells where it ends."""
        if self.begun:
            self.complete = True
        else:
            self.informed = True
