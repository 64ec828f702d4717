"""Passwords: argon2id (RFC 9106), checked in the same time whether the user exists or not."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from distserver.errors import BadRequest

SHORTEST, LONGEST = 10, 1024


class Passwords:
    """Hashes and verifies. Each computation takes 64 MB, so only two run at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(2)
        self._decoy = ""

    def hash(self, password: str) -> str:
        with self._slots:
            return self._hasher.hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; for `stored` None (no such user) as slow, and never right."""
        if len(password) > LONGEST:
            return False
        if not self._decoy:
            self._decoy = self.hash("nobody has this password")
        try:
            with self._slots:
                return self._hasher.verify(stored or self._decoy, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def check_password(name: str, password: str) -> None:
    """Raises `BadRequest` on a password that is too easy."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequest(f"a password has between {SHORTEST} and {LONGEST} characters")
    if len(set(password)) < 4 or password.casefold() == name.casefold():
        raise BadRequest("this password is too easy to guess: take another")
