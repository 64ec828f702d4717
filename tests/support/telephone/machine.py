"""The fax machine at the far end, with real T.30: receives and writes what it got as a TIFF, or calls and sends one."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

from tests.support.telephone import spandsp
from tests.support.telephone.numbers import Caller, FarEnd
from tests.support.telephone.spandsp import Modems, Samples, Spandsp


@dataclass(frozen=True, slots=True)
class Reception:
    """What a machine says of a call: pages that it has confirmed, the speed and whether errors were corrected, who
    called (TSI), and T.30's words for the end."""

    pages: int
    speed: int
    error_correction: bool
    caller: str
    words: str


class FaxMachine:
    """One call at one machine. `confirmed` counts the pages that it has acknowledged so far."""

    def __init__(self, library: Spandsp, end: FarEnd, identity: str, file: Path, caller: Caller | None = None) -> None:
        """Writes to `file`, or, as `caller`, sends it."""
        self._library = library
        self.confirmed = 0
        self._end_code: int | None = None
        self._handlers = (spandsp.PhaseD(self._on_page), spandsp.PhaseE(self._on_end))
        self._fax = library.fax_init(None, caller is not None)
        library.fax_set_transmit_on_idle(self._fax, 1)
        self._t30 = library.fax_get_t30_state(self._fax)
        self._set_up(end, identity)
        if caller is None:
            library.t30_set_rx_file(self._t30, str(file).encode(), -1)
        else:
            library.t30_set_tx_file(self._t30, str(file).encode(), -1, -1)
            if caller.subaddress:
                library.t30_set_tx_sub_address(self._t30, caller.subaddress.encode())

    def _set_up(self, end: FarEnd, identity: str) -> None:
        library, t30 = self._library, self._t30
        fast = end.error_correction
        library.t30_set_tx_ident(t30, identity[-20:].encode())
        library.t30_set_supported_modems(t30, _modems_of(end.speed))
        library.t30_set_ecm_capability(t30, fast)
        library.t30_set_supported_compressions(t30, spandsp.MH | spandsp.MR | (spandsp.MMR if fast else 0))
        library.t30_set_supported_resolutions(t30, spandsp.STANDARD | spandsp.FINE | spandsp.SUPERFINE)
        library.t30_set_supported_image_sizes(t30, spandsp.ALL_WIDTHS_AND_LENGTHS)
        library.t30_set_phase_d_handler(t30, self._handlers[0], None)
        library.t30_set_phase_e_handler(t30, self._handlers[1], None)

    @property
    def ended(self) -> bool:
        """It has said all that it had to say."""
        return self._end_code is not None

    def speak(self, samples: Samples) -> None:
        """Its next 20 ms."""
        done = 0
        while done < spandsp.BLOCK:
            count = self._library.fax_tx(self._fax, spandsp.at_sample(samples, done), spandsp.BLOCK - done)
            if count <= 0:
                return
            done += count

    def hear(self, samples: Samples) -> None:
        """20 ms of its caller."""
        self._library.fax_rx(self._fax, spandsp.at_sample(samples, 0), spandsp.BLOCK)

    def hang_up(self) -> Reception:
        """End the call; the machine is not used again."""
        statistics = spandsp.Statistics()
        self._library.t30_get_transfer_statistics(self._t30, ctypes.byref(statistics))
        caller = self._library.t30_get_rx_ident(self._t30) or b""
        if self._end_code is None:
            self._library.t30_terminate(self._t30)
        words = self._library.t30_completion_code_to_str(self._end_code or 0).decode()
        self._library.fax_release(self._fax)
        self._library.fax_free(self._fax)
        return Reception(
            pages=max(statistics.pages_received, statistics.pages_sent),
            speed=statistics.bit_rate,
            error_correction=bool(statistics.error_correction),
            caller=caller.decode(errors="replace").strip(),
            words=words,
        )

    def _on_page(self, _t30: int, _user: int, _result: int) -> int:
        self.confirmed += 1
        return 0

    def _on_end(self, _t30: int, _user: int, code: int) -> None:
        self._end_code = code


def _modems_of(speed: int) -> Modems:
    modems = Modems.V27TER
    if speed >= 9600:
        modems |= Modems.V29
    if speed >= 14400:
        modems |= Modems.V17
    return modems
