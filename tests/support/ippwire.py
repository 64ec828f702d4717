"""The plainest way to ask an IPP printer something in a test: one blocking request, bytes of a document behind it."""

from __future__ import annotations

import base64
import http.client
import itertools
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from distwire.ipp import MEDIA_TYPE, Attribute, Group, GroupTag, Message, attribute, decode_message, encode_message
from distwire.ipp.message import make_message
from distwire.ipp.values import name, uri

PATIENCE = 60.0


class HttpStatus(AssertionError):
    """The answer is one of HTTP alone."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}: {body[:500]!r}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Way:
    """From which address of this machine a request comes, and with which fields of HTTP beside the usual ones."""

    source: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


DIRECT = Way()
_numbers = itertools.count(1)


def ask(
    printer: str,
    operation: int,
    *attributes: Attribute,
    job: Iterable[Attribute] = (),
    groups: Iterable[Group] = (),
    document: bytes = b"",
    user: str = "tester",
    login: tuple[str, str] | None = None,
    way: Way = DIRECT,
) -> Message:
    """Send one request to the printer's URI; answers the response. `login` is sent as HTTP Basic; who answers to
    ipps: is believed. Raises `HttpStatus` where the answer is none of IPP."""
    parts = urlsplit(printer)
    operation_attributes = (
        attribute("printer-uri", uri(printer)),
        attribute("requesting-user-name", name(user)),
        *attributes,
    )
    template = tuple(job)
    all_groups = (*((Group(GroupTag.JOB, template),) if template else ()), *groups)
    request = make_message(operation, next(_numbers), operation_attributes, all_groups)
    connection = connect(printer, way.source)
    said = {"Content-Type": MEDIA_TYPE, "Host": parts.netloc, **dict(way.headers)}
    if login is not None:
        said["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
    try:
        connection.request("POST", parts.path, encode_message(request) + document, said)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise HttpStatus(answer.status, body)
    finally:
        connection.close()
    response = decode_message(body)[0]
    assert response.request_id == request.request_id
    return response


def connect(printer: str, source: str | None = None) -> http.client.HTTPConnection:
    """A connection to the printer's server, with TLS for ipps:, from the address `source`."""
    parts, origin = urlsplit(printer), (source, 0) if source else None
    if parts.scheme != "ipps":
        return http.client.HTTPConnection(parts.hostname or "", parts.port, PATIENCE, origin)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=PATIENCE, source_address=origin, context=trusting
    )
