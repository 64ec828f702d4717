"""Why a device does not do what it is asked. `keyword` is for programs and other languages, the message for people,
`facts` fill the blanks of other languages' sentences."""

from __future__ import annotations

from distwire.api.failures import ApiError, Refused, Unreachable
from distwire.scan.faults import ScanError
from mfp_client.marksheet.key import KeyUnusable
from mfp_client.memory.errors import MemoryFault, is_full


class WorksFault(Exception):
    """Root of those that arise here."""

    def __init__(self, keyword: str, words: str, **facts: object) -> None:
        super().__init__(words)
        self.keyword = keyword
        self.facts = facts


class Busy(WorksFault):
    """Another task is running: one at a time."""

    def __init__(self, kind: str) -> None:
        super().__init__("busy", f"the device is at work ({kind}): wait until it has ended, or stop it", kind=kind)


class WrongWish(WorksFault):
    """What is wished makes no sense, or stands in the way of itself."""


class NotAsked(WorksFault):
    """There is no task that waits for this."""

    def __init__(self, words: str) -> None:
        super().__init__("not-asked", words)


class BeingSent(WorksFault):
    """An order cannot be given up just now: it is on its way."""

    def __init__(self) -> None:
        words = "the document is being sent just now: wait a moment, then look among the sent jobs, and cancel it there"
        super().__init__("being-sent", words)


class SignInNeeded(WorksFault):
    """The device may not act for a user any more."""

    def __init__(self, user: str) -> None:
        words = f"{user} has to log in once more: the server does not take the old log-in any longer"
        super().__init__("sign-in-needed", words, user=user)


class Dropped(WorksFault):
    """Somebody was asked about a trouble, and wants nothing of it kept."""


class Stopped(Exception):
    """Whoever wanted it wants it no more."""


def explain(error: Exception) -> tuple[str, str, dict[str, object]]:
    """Keyword, words and facts of anything that a task may end by. Raises it when it is none of those."""
    if isinstance(error, WorksFault):
        return error.keyword, str(error), error.facts
    if isinstance(error, MemoryFault):
        return error.keyword, str(error), error.facts
    if isinstance(error, ScanError):
        return error.keyword, str(error), {}
    if isinstance(error, KeyUnusable):
        return "mark-key-unusable", str(error), {}
    if isinstance(error, Refused):
        named = {"named": error.named.removeprefix("tel:")} if error.named else {}
        return error.keyword, error.detail, {"status": error.status, **named}
    if isinstance(error, ApiError):
        return "server-down" if isinstance(error, Unreachable) else "server-not-understood", str(error), {}
    if isinstance(error, OSError) and is_full(error):
        return "no-room", "the disk of the device is full: erase documents, or free some room on it", {}
    if isinstance(error, OSError):
        return "disk-error", f"the disk of the device cannot be used: {error.strerror or error}", {}
    raise error
