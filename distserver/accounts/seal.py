"""What only this server can make or check: its key signs what others carry, and hashes what is easy to guess."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from distserver.accounts.local import read_session_key


class Seal:
    """By the key that the board's cookies are signed with (`accounts.local.read_session_key`), apart from those and for
    each purpose alone."""

    def __init__(self, key: str) -> None:
        self._key = key

    def hash(self, purpose: str, text: str) -> str:
        """A keyed hash (HMAC-SHA-256, hex): who has the database and not the key cannot try all numbers there are."""
        own = hmac.digest(self._key.encode(), f"distserver {purpose}".encode(), "sha256")
        return hmac.digest(own, text.encode("utf-8", "replace"), hashlib.sha256).hex()

    def sign(self, purpose: str, facts: Mapping[str, object]) -> str:
        """The facts as text that can stand in a header; anybody can read them, nobody can change them."""
        return str(self._serializer(purpose).dumps(dict(facts)))

    def open(self, purpose: str, text: str) -> Mapping[str, object] | None:
        """What was signed; None when it was not signed here, or for another purpose."""
        try:
            found = self._serializer(purpose).loads(text)
        except BadData:
            return None
        return found if isinstance(found, dict) else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._key,
            salt=f"distserver {purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def build_seal(home: Path) -> Seal:
    """By the key of this home. Raises `SetupError`."""
    return Seal(read_session_key(home))
