"""How the device's printer is, as the panel shows it: asked now and then, never waited for (RFC 8011 §5.4.12)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from distwire.ipp.client import IppClient, TransferError
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.errors import IppError

_STATES = {3: "idle", 4: "processing", 5: "stopped"}
_ASKED = ("printer-state", "printer-state-reasons", "printer-state-message")
_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class PrinterState:
    """`state` idle, processing, stopped, or unknown when it does not answer; `reasons` are IPP's keywords."""

    state: str
    reasons: tuple[str, ...] = ()
    words: str = ""


class PrinterWatch:
    """The state of one printer, as it was when it was last looked at."""

    def __init__(self, uri: str, changed: Callable[[], None]) -> None:
        self._uri = uri
        self._changed = changed
        self.state = PrinterState("unknown")

    def look(self) -> None:
        """Ask the printer, and tell if it is otherwise than before. Raises nothing."""
        found = self._ask()
        if found != self.state:
            self.state = found
            self._changed()

    def _ask(self) -> PrinterState:
        if not self._uri.startswith(("ipp:", "ipps:")):
            return PrinterState("idle")  # a CUPS queue waits by itself
        try:
            return asyncio.run(_ask_printer(self._uri))
        except (TransferError, IppError, OSError, TimeoutError) as error:
            return PrinterState("unknown", (), str(error))


async def _ask_printer(uri: str) -> PrinterState:
    client = IppClient()
    try:
        async with asyncio.timeout(_SECONDS):
            said = (await client.get_printer_attributes(Endpoint(uri), _ASKED)).printer
    finally:
        await client.close()
    reasons = tuple(one for one in said.strings("printer-state-reasons") if one != "none")
    words = next(iter(said.strings("printer-state-message")), "")
    return PrinterState(_STATES.get(said.integer("printer-state") or 0, "unknown"), reasons, words)
