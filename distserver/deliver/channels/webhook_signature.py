"""What a webhook's receiver can hold a request to: digest, signature, the delivery's id.

Content-Digest (RFC 9530 §2), HTTP Message Signatures with HMAC and SHA-256 (RFC 9421 §3.3.3), Display Strings for text
that people wrote (RFC 9651 §3.3.8).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from distserver.deliver.contract import DeliveryRequest

COVERED = ("@method", "@target-uri", "content-type", "content-length", "content-digest", "idempotency-key")
LABEL = "distserver"
TAG = "distserver-delivery"
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '%"')


@dataclass
class _Outgoing:
    """A request as the library sees it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: bytes) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> bytes:
        return self._key

    def resolve_public_key(self, key_id: str) -> bytes:
        return self._key


def make_headers(request: DeliveryRequest, digest: bytes, size: int) -> dict[str, str]:
    """All headers of the request that tell of the document."""
    rendition = request.rendition
    return {
        "Accept-Encoding": "identity",
        "Content-Type": rendition.format,
        "Content-Length": str(size),
        "Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "Idempotency-Key": f'"{request.name}"',
        "Distserver-Delivery": f'"{request.id}"',
        "Distserver-Title": show_text(request.title),
        "Distserver-Sender": show_text(request.sender),
        "Distserver-Pages": str(rendition.pages),
        "Distserver-Copies": str(request.options.copies),
    }


def sign(url: str, headers: dict[str, str], key: str, key_id: str, at: datetime | None = None) -> dict[str, str]:
    """The headers with those of their signature."""
    outgoing = _Outgoing("POST", url, dict(headers))
    resolver = _OneKey(key.encode())
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=resolver)
    created = at or datetime.now(UTC)
    signer.sign(
        outgoing,
        key_id=key_id,
        created=created,
        label=LABEL,
        tag=TAG,
        covered_component_ids=COVERED,
        use_existing_digest=True,
    )
    return outgoing.headers


def show_text(text: str) -> str:
    """A Display String: ASCII as it is, the rest percent-encoded UTF-8 in small letters (RFC 9651 §4.1.11)."""
    return '%"' + "".join(one if one in _PLAIN else _encode(one) for one in text) + '"'


def _encode(character: str) -> str:
    return "".join(f"%{octet:02x}" for octet in character.encode("utf-8", "replace"))


def hash_file(path: Path) -> tuple[bytes, int]:
    """SHA-256 and length of a file. Raises `OSError`. For a thread."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
        return digest, stream.tell()
