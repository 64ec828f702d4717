"""Whether a mail comes from whom it says: the house's mail server says so, or a signature (RFC 6376, RFC 8601).

Anybody can write anybody's address into `From`. What counts is a proof for the domain of that address: whoever signs
for it knows its users. A signature holds for a mail that was written to the group it goes to: an old mail of the
user's, sent on to another group by somebody who has got it, proves nothing. Fields that the signature does not cover
can be anybody's: RFC 6376 §8.15 tells how they are added.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import dkim
import dns.exception
import dns.resolver

from distserver.intake.mail.heads import Head, read_all, read_mailboxes
from distserver.intake.mail.results import Result, read_results
from distserver.intake.mail.signatures import Signature, identify_signed, make_signature, read_signature

log = logging.getLogger(__name__)

FindKey = Callable[..., bytes | None]
"""The TXT record of a name, as dkimpy asks for it; None when there is none."""

_MOST_SIGNATURES = 5
_SECONDS = 5.0
_CHECKING = threading.BoundedSemaphore(2)  # each holds its mail, several times over
_BLANKS = re.compile(rb"[ \t]{64,}")
_MOST_LABOUR = 100_000_000
"""The library looks for blanks at line ends in a time that grows with the square of their run, and nothing else runs
meanwhile: of one with a megabyte of them it would never come back."""
_LONGEST_SIGNATURE = 4096
"""Octets; a key of 16384 bits needs 3000. The time of some of the library's looks grows with the square of blanks."""
_MUST_BE_SIGNED = ("from", "to", "subject")
_WHOLLY_OR_NOT = (*_MUST_BE_SIGNED, "cc", "date", "message-id", "content-type", "content-transfer-encoding")
"""Of these a signature covers all that there are, or none: readers take the first, and signatures the last."""


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


@dataclass(frozen=True, slots=True)
class Proof:
    """That a mail is its author's. `identity` tells it from others when it is a signature that does not cover the
    `Message-ID`, else it is empty."""

    identity: str = ""


def find_confirmation(head: Head, name: str, claim: Claim) -> Proof | None:
    """What an Authentication-Results of that name proves. The caller knows that it came from a relay of ours.

    Of each method the topmost field that tells of it counts: servers put theirs on top, and not all take out what a
    sender has put there under their name (RFC 8601 §5).
    """
    told: set[str] = set()
    for field in read_all(head, "Authentication-Results"):
        server, results = read_results(field)
        if server != name:
            continue
        proofs = (_read_result(one, head, claim) for one in results if one.method not in told)
        if (found := next(filter(None, proofs), None)) is not None:
            return found
        told.update(one.method for one in results)
    return None


def _read_result(result: Result, head: Head, claim: Claim) -> Proof | None:
    if result.outcome != "pass":
        return None
    if result.method == "auth":  # who logged in is the author: somebody of the same domain may write their return path
        return Proof() if claim.author in result.values("smtp.auth") else None
    if result.method == "spf":
        return Proof() if claim.author in [one.strip("<>") for one in result.values("smtp.mailfrom")] else None
    signatures = list(_list_signatures(head, claim))
    if result.method == "dkim" and signatures and _speaks_for(result.values("header.d", "header.i"), claim):
        return _rest_on(signatures, head, claim)
    if result.method == "dmarc" and _speaks_for(result.values("header.from"), claim):
        return _rest_on(signatures, head, claim) if signatures else Proof()  # else it came from a server of theirs
    return None


def _speaks_for(domains: Sequence[str], claim: Claim) -> bool:
    return any(claim.matches(value.rpartition("@")[2]) for value in domains)


def find_signature(head: Head, file: BinaryIO, claim: Claim, find_key: FindKey) -> Proof | None:
    """A valid signature of the author's domain over the whole mail, which was written to this address."""
    if not any(_covers(head, one.names, claim) for one in _list_signatures(head, claim)):
        return None  # nobody is asked for a key
    with _CHECKING:
        file.seek(0)
        message = file.read()
        if sum(len(run) ** 2 for run in _BLANKS.findall(message)) > _MOST_LABOUR:
            return None
        checks = (_check(message, index, head, claim, find_key) for index in _list_aligned(message, claim))
        return next(filter(None, checks), None)


def _list_aligned(message: bytes, claim: Claim) -> list[int]:
    """Which of its signatures are to be looked at: those of others, whose name servers may be slow, are not."""
    fields = [value for name, value in dkim.rfc822_parse(message)[0] if name.lower() == b"dkim-signature"]
    aligned = [
        index
        for index, value in enumerate(fields)
        if len(value) <= _LONGEST_SIGNATURE and claim.matches(read_signature(value.decode("ascii", "replace")).domain)
    ]
    return aligned[:_MOST_SIGNATURES]


def _check(message: bytes, index: int, head: Head, claim: Claim, find_key: FindKey) -> Proof | None:
    checker = dkim.DKIM(message, minkey=1024)
    try:
        if not checker.verify(idx=index, dnsfunc=find_key):
            return None
    except (dkim.DKIMException, dkim.DnsTimeoutError, ValueError, IndexError, KeyError) as error:
        log.info("mail-signature-bad", {"error": type(error).__name__})
        return None
    tags = {name.decode("ascii", "replace"): bytes(value) for name, value in checker.signature_fields.items()}
    signature = make_signature({name: value.decode("ascii", "replace") for name, value in tags.items()})
    if "l" in tags or not claim.matches(bytes(checker.domain or b"").decode("ascii", "replace")):
        return None
    return _rest_on([signature], head, claim)


def _rest_on(signatures: Sequence[Signature], head: Head, claim: Claim) -> Proof | None:
    """What these prove when they are valid. Of several it is not told which is: each must hold for a mail to us."""
    if not all(_covers(head, one.names, claim) for one in signatures):
        return None
    named = all("message-id" in one.names for one in signatures)
    return Proof("" if named else identify_signed(head, signatures[0]))


def _list_signatures(head: Head, claim: Claim) -> Iterator[Signature]:
    """Those for the author's domain, valid or not."""
    found = map(read_signature, read_all(head, "DKIM-Signature"))
    return (one for one in found if claim.matches(one.domain))


def _covers(head: Head, signed: Sequence[str], claim: Claim) -> bool:
    """Whether these fields say who wrote the mail to whom and about what, and no other of their names says anything
    else; and the mail was written to where it came to us."""
    if not all(name in signed for name in _MUST_BE_SIGNED):
        return False
    if any(name in signed and len(head.get_all(name, [])) > signed.count(name) for name in _WHOLLY_OR_NOT):
        return False
    written_to = read_mailboxes(head, *(name for name in ("To", "Cc") if name.lower() in signed))
    return set(map(str.lower, claim.recipients)) <= set(written_to)


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
