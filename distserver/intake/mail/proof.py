"""Whether a mail comes from whom it says: the house's mail server says so, or a signature (RFC 6376, RFC 8601).

Anybody can write anybody's address into `From`. What counts is a proof for the domain of that address: whoever signs
for it knows its users. A signature holds for a mail that was written to the group it goes to: an old mail of the
user's, sent on to another group by somebody who has got it, proves nothing.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import BinaryIO

import dkim
import dns.exception
import dns.resolver

from distserver.intake.mail.heads import Head, read_all, read_mailboxes

log = logging.getLogger(__name__)

FindKey = Callable[..., bytes | None]
"""The TXT record of a name, as dkimpy asks for it; None when there is none."""

_MOST_SIGNATURES = 5
_SECONDS = 5.0
_CHECKING = threading.BoundedSemaphore(2)  # each holds its mail, several times over
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(dkim|dmarc|spf|auth)\s*=\s*pass\b(.*)", re.I | re.S)
_PROPERTY = re.compile(r"\b(header\.d|header\.i|header\.from|smtp\.mailfrom|smtp\.auth)\s*=\s*\"?([^\s;\"]+)", re.I)
_COUNTS = {
    "dkim": ("header.d", "header.i"),
    "dmarc": ("header.from",),
    "spf": ("smtp.mailfrom",),
    "auth": ("smtp.auth", "smtp.mailfrom"),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """Who a mail says it is from (`author`), and the addresses at which it came to us."""

    author: str
    recipients: tuple[str, ...]

    @property
    def domain(self) -> str:
        return self.author.rpartition("@")[2]

    def matches(self, domain: str) -> bool:
        """Whether who speaks for `domain` speaks for the author: it is theirs, or above it."""
        other = domain.lower().rstrip(".")
        return self.domain == other or ("." in other and self.domain.endswith("." + other))


def is_confirmed_by(head: Head, name: str, claim: Claim) -> bool:
    """Whether an Authentication-Results of that name says so. The caller knows that it came from a relay of ours."""
    for field in read_all(head, "Authentication-Results"):
        plain = _strip_comments(field)
        server, _, results = plain.partition(";")
        if (server.split() or [""])[0].lower() == name and any(_passes(one, claim) for one in results.split(";")):
            return True
    return False


def _passes(result: str, claim: Claim) -> bool:
    match = _RESULT.match(result)
    if match is None:
        return False
    method = match[1].lower()
    said = [value.lower() for key, value in _PROPERTY.findall(match[2]) if key.lower() in _COUNTS[method]]
    if method == "auth":  # who logged in is the author, not somebody of the same domain
        return claim.author in said
    if method == "spf":
        return claim.author in said or f"<{claim.author}>" in said
    return any(claim.matches(value.rpartition("@")[2]) for value in said)


def _strip_comments(text: str) -> str:
    for _ in range(3):
        text = _COMMENT.sub(" ", text)
    return text


def is_signed(head: Head, file: BinaryIO, claim: Claim, find_key: FindKey) -> bool:
    """Whether a valid signature of the author's domain covers the whole mail, and it was written to this address."""
    written_to = read_mailboxes(head, "To", "Cc")
    if "DKIM-Signature" not in head or not set(map(str.lower, claim.recipients)) <= set(written_to):
        return False
    with _CHECKING:
        file.seek(0)
        message = file.read()
        count = min(len(head.get_all("DKIM-Signature", [])), _MOST_SIGNATURES)
        return any(_is_valid(message, index, claim, find_key) for index in range(count))


def _is_valid(message: bytes, index: int, claim: Claim, find_key: FindKey) -> bool:
    checker = dkim.DKIM(message, minkey=1024)
    try:
        if not checker.verify(idx=index, dnsfunc=find_key):
            return False
    except (dkim.DKIMException, dkim.DnsTimeoutError, ValueError, IndexError, KeyError) as error:
        log.info("mail-signature-bad", {"error": type(error).__name__})
        return False
    fields = checker.signature_fields
    signed = {name.strip().lower() for name in bytes(fields.get(b"h", b"")).split(b":")}
    whole = b"l" not in fields and _covers(signed, (b"from", b"to", b"subject"))
    return whole and claim.matches(bytes(checker.domain or b"").decode("ascii", "replace"))


def _covers(signed: Collection[bytes], wanted: Collection[bytes]) -> bool:
    return set(wanted) <= set(signed)


def make_key_finder(server: tuple[str, int] | None) -> FindKey:
    """Asks that name server, or the system's."""
    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        resolver.nameservers, resolver.port = [server[0]], server[1]
    resolver.lifetime = _SECONDS

    def find_key(name: bytes, timeout: float = _SECONDS) -> bytes | None:
        del timeout
        try:
            answer = resolver.resolve(name.decode("ascii").rstrip("."), "TXT")
        except (dns.exception.DNSException, UnicodeDecodeError):
            return None
        return b"".join(answer[0].strings) if len(answer) else None

    return find_key
