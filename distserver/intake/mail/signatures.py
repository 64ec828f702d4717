"""What a DKIM signature says of itself, before anybody has seen whether it is valid (RFC 6376 §3.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from distserver.intake.mail.heads import Head, read_all


@dataclass(frozen=True, slots=True)
class Signature:
    """Whose it is, which fields it covers (`names`, in small letters, one as often as it is covered), and the hash of
    the body."""

    domain: str
    names: tuple[str, ...]
    body: str


def read_signature(field: str) -> Signature:
    """Never raises: what is missing is empty."""
    pairs = (one.partition("=") for one in field.split(";"))
    return make_signature({name.strip(): value.strip() for name, _, value in pairs})


def make_signature(tags: Mapping[str, str]) -> Signature:
    names = tuple(_join(name).lower() for name in tags.get("h", "").split(":"))
    return Signature(_join(tags.get("d", "")).lower(), names, _join(tags.get("bh", "")))


def identify_signed(head: Head, signature: Signature) -> str:
    """A name for a mail whose `Message-ID` anybody may have changed: made of what is signed."""
    names = [name for name in ("date", "from", "to", "subject") if name in signature.names]
    facts = [signature.body, *(value for name in names for value in read_all(head, name))]
    text = "\n".join(facts).encode("utf-8", "replace")
    return f"signed-{hashlib.sha256(text).hexdigest()[:32]}"


def _join(text: str) -> str:
    return "".join(text.split())
