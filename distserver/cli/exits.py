"""Exit codes, for scripts (the numbers of sysexits.h), and which error has which."""

from __future__ import annotations

from enum import IntEnum

from distserver.errors import DistserverError, Forbidden, LaterError, NotSignedIn, QuotaExceeded, SetupError, UserError


class Exit(IntEnum):
    """Why the command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 69
    SOFTWARE = 70
    LATER = 75
    NOT_ALLOWED = 77
    SETUP = 78
    INTERRUPTED = 130


MEANINGS = {
    Exit.OK: "all is well; of `send --wait`: every copy came out",
    Exit.FAILED: "the job ended, and not every copy came out; of `group check`: errors were found",
    Exit.USAGE: "wrong arguments, or something that does not exist or cannot be done",
    Exit.UNREACHABLE: "the server cannot be reached",
    Exit.SOFTWARE: "the server met an error of its own; its log says which",
    Exit.LATER: "not now: the same command may succeed later",
    Exit.NOT_ALLOWED: "not allowed, or not signed in",
    Exit.SETUP: "the installation lacks something; the message names the mend",
    Exit.INTERRUPTED: "interrupted (Ctrl-C); a job that was accepted goes on",
}


class Unreachable(DistserverError):
    """The server does not answer; the message says what to start or check."""


class ServerFault(DistserverError):
    """The server met an error of its own."""


_CODES: tuple[tuple[type[DistserverError], Exit], ...] = (
    (Unreachable, Exit.UNREACHABLE),
    (ServerFault, Exit.SOFTWARE),
    (NotSignedIn, Exit.NOT_ALLOWED),
    (Forbidden, Exit.NOT_ALLOWED),
    (QuotaExceeded, Exit.LATER),
    (UserError, Exit.USAGE),
    (LaterError, Exit.LATER),
    (SetupError, Exit.SETUP),
)


def code_of(error: DistserverError) -> Exit:
    """The exit code that goes with an error's type."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.SOFTWARE)
