"""The check of a worker on a machine of its own: can it have documents from the web server?"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

from distserver.cli.finding import Finding, Verdict
from distserver.errors import SetupError
from distserver.model.accounts import Role
from distserver.store.origin import Origin, parse_origin

_SUBJECT = "documents"
_SECONDS = 10.0
_DAYS_LEFT = 14
_TOKEN_MEND = "have one made there: distserver token create MACHINE --role worker; write it to documents_token_file"  # noqa: S105 - words for people


def check_web_server(url: str, token_file: Path | None) -> Iterator[Finding]:
    """Ask it who this worker is."""
    try:
        origin = parse_origin(url, token_file)
        with origin.ask("/api/v1/me", {}, seconds=_SECONDS) as exchange:
            status, said = exchange.answer.status, exchange.answer.read(1 << 16)
    except SetupError as error:
        yield Finding(_SUBJECT, Verdict.WRONG, str(error), "see `distserver config` for documents_url")
        return
    except (OSError, http.client.HTTPException) as error:
        mend = "is it started, and its port open to this machine?"
        yield Finding(_SUBJECT, Verdict.WRONG, f"the web server at {url} does not answer: {error}", mend)
        return
    role = _read_role(said)
    if status != 200 or role is None:
        yield Finding(
            _SUBJECT, Verdict.WRONG, f"{url} answers {status}: the token is not known there, or revoked", _TOKEN_MEND
        )
    elif role != Role.WORKER:
        yield Finding(_SUBJECT, Verdict.WRONG, f"the token is one of the role {role}, not worker", _TOKEN_MEND)
    else:
        yield Finding(_SUBJECT, Verdict.OK, f"are fetched from {url}")
    if origin.secure:
        yield from _check_certificate(origin)


def _read_role(said: bytes) -> str | None:
    try:
        return str(json.loads(said)["role"])
    except (ValueError, KeyError, TypeError):
        return None


def _check_certificate(origin: Origin) -> Iterator[Finding]:
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((origin.host, origin.port or 443), timeout=_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=origin.host) as wrapped,
        ):
            certificate = wrapped.getpeercert() or {}
    except OSError as error:
        yield Finding("certificate", Verdict.WRONG, f"of {origin.host} cannot be had: {error}", "try again")
        return
    days = (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / 86400
    verdict = Verdict.OK if days > _DAYS_LEFT else Verdict.NOTE
    mend = "" if days > _DAYS_LEFT else "have a new one made before: workers fetch no document then"
    yield Finding("certificate", verdict, f"of {origin.host} is good for {days:.0f} days", mend)
