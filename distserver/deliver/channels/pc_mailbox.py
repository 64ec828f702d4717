"""The port through which the PC channel leaves letters; what is behind it is handed to it (`distserver.compose`)."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from distserver.model.letters import Attendance, Letter, LetterStanding


class Mailbox(Protocol):
    """Letters of all PCs. Every method raises `errors.LaterError` when the store cannot be used now."""

    def now(self) -> float:
        """The time by which letters go."""
        ...

    async def find_attendance(self, pc: str) -> Attendance | None:
        """When the PC was last heard of; None: never."""
        ...

    async def digest(self, path: Path) -> tuple[str, int, str]:
        """SHA-256 (hex) and size of a file of the spool, and its place below the spool. Raises OSError."""
        ...

    async def put(self, letter: Letter) -> None:
        """Offer a letter, also one that was withdrawn; it is on the disk when this returns. A stored one stays."""
        ...

    async def find(self, name: str) -> LetterStanding | None:
        """The letter of that name."""
        ...

    async def wait(self, name: str, known: LetterStanding, seconds: float) -> LetterStanding | None:
        """How the letter stands once that differs from `known`, or after so many seconds; None when it is gone."""
        ...

    async def withdraw(self, name: str) -> LetterStanding | None:
        """Offer it no more, unless the PC has stored it already: the answer says which."""
        ...
