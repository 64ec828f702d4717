"""What a device says of itself that makes it useless to send to it now (SPEC D11, N4).

Pure. Asked before a destination that was in trouble gets its next delivery: one question costs less than a document
that is refused, and tells people why it waits.
"""

from __future__ import annotations

from distserver.model.capabilities import Capabilities
from distserver.model.states import Reason

_ALWAYS = ("shutdown", "deactivated", "spool-area-full")
"""RFC 8011 §5.4.12 and RFC 3998 §8: it is gone or going, or has no room for another document."""

_WHEN_STOPPED = ("offline", "connecting-to-device", "timed-out")
"""Whoever speaks for the device cannot reach the device itself: it would only pile up documents there."""

_HARMLESS = "-report"


def hinders(capabilities: Capabilities) -> str | None:
    """The keyword (a `Reason`, or the device's own) of what speaks against sending now, or None.

    Want of paper or toner, an open door, a jam, a pause, sleep: the device takes the document all the same, and prints
    it when somebody has been there. A word with `-report` is only told by the way, but from a device that stands.
    """
    if not capabilities.accepting:
        return Reason.NOT_ACCEPTING.value
    words = capabilities.state_reasons
    hindering = next((word for word in words if not word.endswith(_HARMLESS) and _strip(word) in _ALWAYS), None)
    if hindering is not None or capabilities.state != "stopped":
        return hindering
    return next((word for word in words if _strip(word) in (*_ALWAYS, *_WHEN_STOPPED)), None)


def _strip(word: str) -> str:
    """Without the severity that devices append (RFC 8011 §5.4.12)."""
    for severity in ("-error", "-warning", _HARMLESS):
        word = word.removesuffix(severity)
    return word
