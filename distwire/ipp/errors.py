"""Errors of IPP on the wire, a tree of its own: users of `distwire` map it to theirs.

IppError
├── CodecError            bytes ⇄ message
│   ├── Malformed         what was received is no IPP message (or goes beyond the limits)
│   ├── Incomplete        what was received so far is a good beginning: more bytes are needed
│   └── Unencodable       what was to be sent would not be valid IPP
└── TransferError         no answer came: see `distwire.ipp.failures`
"""

from __future__ import annotations


class IppError(Exception):
    """Root of everything `distwire.ipp` raises on purpose."""


class CodecError(IppError):
    """Bytes and message do not fit each other."""


class Malformed(CodecError):
    """The bytes are no IPP message, or one beyond the limits. `offset` is where that was noticed."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} (at byte {offset})")
        self.offset = offset


class Incomplete(CodecError):
    """The bytes are the beginning of a message; at least `needed` bytes in all are wanted to go on."""

    def __init__(self, needed: int) -> None:
        super().__init__(f"the message goes on: at least {needed} bytes are needed")
        self.needed = needed


class Unencodable(CodecError):
    """A value or attribute that may not stand in an IPP message; the message names it."""
