"""The check of the mail server: does it take the connection, the encryption and the login that the settings say?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import replace

from distserver.cli.finding import Finding, Verdict
from distserver.compose import build_mail_server
from distserver.errors import MailUnavailable, SetupError
from distserver.report.mail import MailServer, MailTls, open_session
from distserver.settings import Settings

_SUBJECT = "mail"
_SECONDS = 10.0
_MEND = "see `distserver config --explain` for the settings mail_…; docs/how-to/tell-group-owners.md"


def check_mail_server(settings: Settings) -> Iterator[Finding]:
    """Connect and log in; nothing is sent. Deliveries do not need it: what is wrong is a note."""
    try:
        server = build_mail_server(settings)
    except SetupError as error:
        yield Finding(_SUBJECT, Verdict.WRONG, str(error), _MEND)
        return
    if server is None:
        return
    try:
        with open_session(replace(server, seconds=_SECONDS)):
            pass
    except MailUnavailable as error:
        yield Finding(_SUBJECT, Verdict.NOTE, f"owners of groups cannot be told: {error}", _MEND)
        return
    yield Finding(_SUBJECT, Verdict.OK, f"is handed in at {server.host} port {server.port}")
    if server.user and server.tls is MailTls.NONE and not _is_here(server):
        yield Finding(_SUBJECT, Verdict.NOTE, "the password of mail_user travels in the clear", "set mail_tls")


def _is_here(server: MailServer) -> bool:
    try:
        return ipaddress.ip_address(server.host).is_loopback
    except ValueError:
        return server.host == "localhost"
