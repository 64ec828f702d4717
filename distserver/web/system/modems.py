"""What the page of modems is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from distserver.intake.fax.modems import ServerView
from distserver.web.looks import Look
from distwire.hylafax.modem import ModemView

_IDLE = "Running and idle"
_AT_WORK = ("Sending", "Receiving", "Answering", "Dialing")


@dataclass(frozen=True, slots=True)
class ModemLine:
    """A modem, and how its state looks: HylaFAX's words stand beside it."""

    modem: ModemView
    look: Look


@dataclass(frozen=True, slots=True)
class ServerLine:
    """A server; `trouble` is why it could not be asked, `unheard` why it tells nothing by itself."""

    server: str
    trouble: str
    unheard: str
    modems: tuple[ModemLine, ...]


def draw_servers(found: Iterable[ServerView]) -> tuple[ServerLine, ...]:
    """In the order given."""
    return tuple(
        ServerLine(
            one.server, one.trouble, one.unheard, tuple(ModemLine(modem, _look_at(modem)) for modem in one.modems)
        )
        for one in found
    )


def _look_at(modem: ModemView) -> Look:
    if modem.state.startswith(_IDLE):
        return Look("done", "Free")
    if modem.state.startswith(_AT_WORK):
        return Look("active", "At work")
    return Look("attention", "Look at it")
