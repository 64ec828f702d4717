"""What the options of a `mailto:` destination say of its relay and of the message (SPEC D15)."""

from __future__ import annotations

import functools
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from distserver.deliver.contract import Target
from distserver.errors import DeliveryError
from distserver.model.states import OutcomeKind, Reason

_PORTS = {"smtp": 25, "submission": 587, "smtps": 465}
_MAILBOX = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\Z")
_MOST_LINES = 16


@dataclass(frozen=True, slots=True)
class MailRules:
    """`secure`: TLS from the first byte; `must_encrypt`: nothing is said before STARTTLS. `lines` connections at a time
    to the relay. `form` is `as-is`, `pdf` or `tiff`."""

    host: str
    port: int
    secure: bool
    must_encrypt: bool
    sender: str
    mailbox: str
    form: str
    xoauth2: bool
    dsn: bool
    mdn: str | None
    lines: int

    @property
    def place(self) -> str:
        """The relay, for people."""
        return f"{self.host}:{self.port}"

    @property
    def domain(self) -> str:
        """The right-hand side of our Message-IDs."""
        return self.sender.rpartition("@")[2]


def read_rules(target: Target) -> MailRules:
    """The rules of a destination. Raises `DeliveryError` (refused) with words that say which option to write. May take
    a while where no sender is named: see `_name_this_machine`."""
    said = dict(target.options)
    scheme, host, port = _read_server(said.get("server", ""))
    mailbox = target.address.uri.removeprefix("mailto:")
    sender = said.get("from") or f"distserver@{_name_this_machine()}"
    if not _MAILBOX.match(sender):
        raise _refuse(f"the option from= must be a mail address, and is '{sender}'")
    return MailRules(
        host=host,
        port=port,
        secure=scheme == "smtps",
        must_encrypt=scheme == "submission" or (target.user is not None and not _is_here(host)),
        sender=sender,
        mailbox=mailbox,
        form=said.get("form") or ("tiff" if mailbox.lower().startswith("fax=") else "as-is"),
        xoauth2=said.get("auth") == "xoauth2",
        dsn=said.get("dsn", "yes") != "no",
        mdn=sender if said.get("mdn") == "yes" else None,
        lines=min(max(int(said["lines"]), 1), _MOST_LINES) if said.get("lines", "").isdecimal() else 4,
    )


@functools.cache
def _name_this_machine() -> str:
    """Asked once: a name server may be slow, and all tries of a delivery are to have one Message-ID."""
    return socket.getfqdn()


def _read_server(text: str) -> tuple[str, str, int]:
    if not text:
        raise _refuse("no mail relay is named for it: write server=smtp://HOST in the registry of destinations")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise _refuse(
            "the option server= must be smtp://HOST, submission://HOST or smtps://HOST, with :PORT or without"
        )
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _refuse(words: str) -> DeliveryError:
    return DeliveryError(words, OutcomeKind.REFUSED, Reason.CHANNEL_UNAVAILABLE)
