"""Fetching a document that a client names by a URI: only from where it is allowed, only so long, piece by piece.

Each redirect is checked like the first URI. The connection is made to an address that was checked, not to the name, so
that a name which leads elsewhere at the second asking (DNS rebinding) gains nothing. Proxies of the environment are not
used.
"""

from __future__ import annotations

import ftplib
import http.client
import logging
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TypeVar
from urllib.parse import urljoin

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from distserver.intake.ipp.fetch_limits import PIECE, AccessError, Interest, Limits, Take, explain
from distserver.intake.ipp.fetching_ftp import connect_ftp, fetch_by_ftp
from distserver.intake.ipp.sources import Place, Sources

log = logging.getLogger(__name__)

C = TypeVar("C")
_MOST_REDIRECTS = 5
_MOST_ADDRESSES = 4
_REDIRECTS = (301, 302, 303, 307, 308)


class Fetcher:
    """Fetches from `sources`, each document within so many seconds in all. Blocks: for threads."""

    def __init__(self, sources: Sources, seconds: float) -> None:
        self.sources = sources
        self._seconds = seconds
        self._tls = ssl.create_default_context()

    def fetch(self, uri: str, take: Take, interest: Interest) -> None:
        """Hand the document to `take`, piece by piece, as long as there is `interest`. Raises `NotAllowed`,
        `AccessError`, and what `take` raises."""
        limits, where = Limits(self._seconds, time.monotonic() + self._seconds, interest), uri
        for _ in range(_MOST_REDIRECTS + 1):
            place = self.sources.find(where)
            target = self._follow(place, take, limits)
            if target is None:
                return
            where = urljoin(where, target)
        raise AccessError(f"it leads on and on, more than {_MOST_REDIRECTS} times")

    def _follow(self, place: Place, take: Take, limits: Limits) -> str | None:
        """Hand on what is there; where it leads to if it is elsewhere."""
        if place.scheme == "ftp":
            client = self._connect(place, limits, partial(connect_ftp, place))
            with closing(client), limits.mapped(place.host):
                octets = fetch_by_ftp(client, place, take, limits)
        else:
            connection = self._connect(place, limits, partial(self._connect_http, place))
            with closing(connection), limits.mapped(place.host), limits.cut(connection.sock):
                answer = _ask(connection, place)
                if answer.status in _REDIRECTS and "Location" in answer.headers:
                    return str(answer.headers["Location"])
                octets = limits.hand_on(_body_of(answer), take)
        log.info("document-fetched", {"host": place.host, "octets": octets})
        return None

    def _connect(self, place: Place, limits: Limits, connect: Callable[[str, float], C]) -> C:
        """Connect to the first of the addresses that may be and that answers."""
        try:
            addresses = self.sources.addresses(place)[:_MOST_ADDRESSES]
        except OSError as error:
            raise AccessError(f"there is no host {place.host}") from error
        failure = "time is up"
        for address in addresses:
            step = limits.step
            if step <= 0:
                break
            try:
                return connect(address, step)
            except (HTTPError, ftplib.Error, EOFError, OSError) as error:
                failure = explain(error)
        raise AccessError(f"{place.host} does not answer: {failure}")

    def _connect_http(self, place: Place, address: str, seconds: float) -> HTTPConnection:
        if place.scheme == "http":
            made = HTTPConnection(address, place.port, timeout=seconds)
        else:
            made = HTTPSConnection(
                address, place.port, timeout=seconds, ssl_context=self._tls, server_hostname=place.host
            )
        try:
            made.connect()
        except BaseException:
            made.close()
            raise
        return made


def _ask(connection: HTTPConnection, place: Place) -> BaseHTTPResponse:
    headers = {"Host": place.authority, "Accept-Encoding": "identity", "User-Agent": "distserver"}
    connection.request("GET", place.path, headers=headers, preload_content=False, decode_content=False)
    return connection.getresponse()


def _body_of(answer: BaseHTTPResponse) -> Callable[[], bytes]:
    """What reads it, piece by piece as they come. Raises `AccessError` when there is none."""
    if answer.status != http.client.OK:
        raise AccessError(f"the server answered {answer.status} {answer.reason or ''}".rstrip(), str(answer.status))
    if answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise AccessError("the server sent it compressed, though it was asked not to", str(answer.status))
    return partial(answer.read1, PIECE, decode_content=False)
