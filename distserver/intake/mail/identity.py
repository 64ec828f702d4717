"""What tells a mail from others: its `Message-ID`, and for devices that give none its content."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from distserver.intake.mail.heads import Head, message_ids, read_all

_PIECE = 256 << 10
_NO_ID = "<>"


def find_message_id(head: Head) -> str:
    """As it stands, in angle brackets; empty when there is none."""
    return next((one for one in message_ids(read_all(head, "Message-ID")) if one != _NO_ID), "")


def identify(head: Head, file: BinaryIO) -> str:
    """The Message-ID. A mail without one is the same only when all of it is: of two scans in a row, often nothing but
    the picture differs."""
    return find_message_id(head) or f"without-id-{_hash(head, file)[:32]}"


def _hash(head: Head, file: BinaryIO) -> str:
    """Of who wrote what and when; not of what servers write on the way."""
    digest = hashlib.sha256()
    for name in ("Date", "From", "Subject"):
        for value in read_all(head, name):
            digest.update(f"{name}: {value}\n".encode("utf-8", "replace"))
    file.seek(0)
    while file.readline(_PIECE) not in (b"", b"\r\n", b"\n"):
        pass
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()
