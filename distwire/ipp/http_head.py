"""The head of a request: found in what comes, read by llhttp, and looked at for what it does not mind (RFC 9112)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from distwire.ipp.http_framing import ChunkedFraming, Framing, LengthFraming

_END = b"\r\n\r\n"
_SCHEMES = ("http", "https", "ipp", "ipps")


class BadHead(ValueError):
    """What came is no head that can be served: `status` is the HTTP status that says so."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """A request's head. `length` is None for a chunked body; header names are in small letters."""

    method: str
    target: str
    path: str
    authority: str
    headers: dict[str, str]
    length: int | None
    keeps_alive: bool
    expects: bool
    newest: bool

    def make_framing(self) -> Framing:
        """What finds the end of the body."""
        return ChunkedFraming() if self.length is None else LengthFraming(self.length)


class HeadReader:
    """Reads one head. Never sees an octet behind it: bodies have no part in its state."""

    def __init__(self, most_octets: int, most_headers: int) -> None:
        self._parser = HttpRequestParser(self)
        self._most_octets = most_octets
        self._most_headers = most_headers
        self._fed = 0
        self._last = b""
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._ended = self._keeps_alive = False

    def feed(self, data: bytes) -> tuple[Head | None, int]:
        """Take octets: the head, once it is whole, and how many of them it took. Raises `BadHead`."""
        known = len(self._last)
        found = (self._last + data).find(_END) if known else data.find(_END)
        used = len(data) if found < 0 else found + len(_END) - known
        self._fed += used
        if self._fed > self._most_octets:
            raise BadHead(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a head has at most {self._most_octets} octets")
        self._parse(data[:used] if found >= 0 else data)
        if found >= 0:
            return self._make_head(), used
        self._last = (self._last + data)[-3:]
        return None, used

    def on_url(self, part: bytes) -> None:
        """llhttp: (part of) the target."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp: one header."""
        self._headers.append((name, value))
        if len(self._headers) > self._most_headers:
            raise BadHead(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a head has at most {self._most_headers} lines")

    def on_headers_complete(self) -> None:
        """llhttp: the empty line."""
        self._ended = True
        self._keeps_alive = self._parser.should_keep_alive()  # it forgets with the end of the message

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # nobody is obliged to upgrade: the request is served as it is
        except HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, BadHead):
                raise cause from None
            raise BadHead(HTTPStatus.BAD_REQUEST, f"this is no request that can be served: {error}") from error

    def _make_head(self) -> Head:
        if not self._ended:
            raise BadHead(HTTPStatus.BAD_REQUEST, "this is no request that can be served")
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise BadHead(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 is spoken here")
        headers = _read_headers(self._headers)
        target = self._url.decode("latin-1")
        path, authority = _split_target(target, headers.get("host", ""))
        if version == "1.1" and "host" not in headers:
            raise BadHead(HTTPStatus.BAD_REQUEST, "the request does not say which host it is for")
        expected = headers.get("expect", "").lower() if version == "1.1" else ""
        if expected not in ("", "100-continue"):
            raise BadHead(HTTPStatus.EXPECTATION_FAILED, "nothing but 100-continue may be expected")
        return Head(
            method=self._parser.get_method().decode("ascii"),
            target=target,
            path=path,
            authority=authority,
            headers=headers,
            length=_read_length(headers, version),
            keeps_alive=self._keeps_alive,
            expects=expected != "",
            newest=version == "1.1",
        )


def _read_headers(lines: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """By small names; what stands there several times is one list (RFC 9110 §5.3), but a request has one host."""
    found: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        if name in found:
            if name in ("host", "authorization"):
                raise BadHead(HTTPStatus.BAD_REQUEST, f"the request has more than one {name}")
            value = f"{found[name]}, {value}"
        found[name] = value
    return found


def _read_length(headers: dict[str, str], version: str) -> int | None:
    """llhttp has seen to it that there is at most one length, of digits, and never together with an encoding."""
    coding = headers.get("transfer-encoding")
    if coding is None:
        return int(headers.get("content-length", "0"))
    if version != "1.1" or coding.lower() != "chunked":
        raise BadHead(HTTPStatus.NOT_IMPLEMENTED, f"the transfer encoding {coding[:40]} is not known here")
    return None


def _split_target(target: str, host: str) -> tuple[str, str]:
    """Path and authority of a target in any of its forms (RFC 9112 §3.2)."""
    if target.startswith("/"):
        return target.split("?", 1)[0], host
    scheme, found, rest = target.partition("://")
    if found and scheme.lower() in _SCHEMES:
        authority, slash, path = rest.partition("/")
        return (slash + path).split("?", 1)[0] or "/", authority.split("?", 1)[0].rpartition("@")[2]
    if target == "*":
        return target, host
    raise BadHead(HTTPStatus.BAD_REQUEST, "this target is none of ours")
