"""The part of libspandsp (Debian's libspandsp2, 0.0.6) that a telephone line needs; t31.h, fax.h and t30.h name it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import POINTER, Structure, c_char_p, c_int, c_int16, c_size_t, c_uint8, c_void_p
from enum import IntEnum, IntFlag
from typing import Any

LIBRARY = "libspandsp.so.2"
BLOCK = 160
"""Samples in 20 ms, at the 8000 a second of a telephone line."""
RATE = 8000

Samples = ctypes.Array[c_int16]
TerminalWriter = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(c_uint8), c_size_t)
ModemControl = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_void_p)
PhaseD = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
PhaseE = ctypes.CFUNCTYPE(None, c_void_p, c_void_p, c_int)


class Control(IntEnum):
    """What the modem asks of its line (at_modem_control_operation_t)."""

    CALL = 0
    ANSWER = 1
    HANG_UP = 2
    ON_HOOK = 4
    CLEAR_TO_SEND = 7


class CallEvent(IntEnum):
    """What the line tells the modem (at_call_event_t)."""

    ALERTING = 1
    CONNECTED = 2
    ANSWERED = 3
    BUSY = 4
    NO_DIAL_TONE = 5
    NO_ANSWER = 6


class Modems(IntFlag):
    """The carriers of a fax machine (T30_SUPPORT_…)."""

    V27TER = 1
    V29 = 2
    V17 = 4


MH, MR, MMR = 0x02, 0x04, 0x08
STANDARD, FINE, SUPERFINE = 0x1, 0x2, 0x4
ALL_WIDTHS_AND_LENGTHS = 0x1 | 0x2 | 0x4 | 0x10000 | 0x20000 | 0x40000 | 0x80000 | 0x100000


class Statistics(Structure):
    """What a call has transferred (t30_stats_t)."""

    _fields_ = [
        (name, c_int)
        for name in (
            "bit_rate",
            "error_correction",
            "pages_sent",
            "pages_received",
            "pages_in_file",
            "x_resolution",
            "y_resolution",
            "width",
            "length",
            "image_size",
            "encoding",
            "bad_rows",
            "longest_bad_rows",
            "error_correction_retries",
            "status",
        )
    ]


def make_block() -> Samples:
    """20 ms of silence."""
    return (c_int16 * BLOCK)()


def at_sample(samples: Samples, index: int) -> int:
    """The address of a sample."""
    return ctypes.addressof(samples) + 2 * index


class Spandsp:
    """The functions, with their types. Raises OSError where the library is not installed."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        find = self._find
        self.t31_init = find("t31_init", c_void_p, *[c_void_p, TerminalWriter, c_void_p, ModemControl, *[c_void_p] * 3])
        self.t31_at_rx = find("t31_at_rx", c_int, c_void_p, c_char_p, c_int)
        self.t31_call_event = find("t31_call_event", None, c_void_p, c_int)
        self.t31_tx = find("t31_tx", c_int, c_void_p, c_void_p, c_int)
        self.t31_rx = find("t31_rx", c_int, c_void_p, c_void_p, c_int)
        self.t31_set_transmit_on_idle = find("t31_set_transmit_on_idle", None, c_void_p, c_int)
        self.fax_init = find("fax_init", c_void_p, c_void_p, c_int)
        self.fax_tx = find("fax_tx", c_int, c_void_p, c_void_p, c_int)
        self.fax_rx = find("fax_rx", c_int, c_void_p, c_void_p, c_int)
        self.fax_set_transmit_on_idle = find("fax_set_transmit_on_idle", None, c_void_p, c_int)
        self.fax_get_t30_state = find("fax_get_t30_state", c_void_p, c_void_p)
        self.fax_release = find("fax_release", c_int, c_void_p)
        self.fax_free = find("fax_free", c_int, c_void_p)
        self.t30_set_rx_file = find("t30_set_rx_file", None, c_void_p, c_char_p, c_int)
        self.t30_set_tx_file = find("t30_set_tx_file", None, c_void_p, c_char_p, c_int, c_int)
        self.t30_set_tx_sub_address = find("t30_set_tx_sub_address", c_int, c_void_p, c_char_p)
        self.t30_set_tx_ident = find("t30_set_tx_ident", c_int, c_void_p, c_char_p)
        self.t30_get_rx_ident = find("t30_get_rx_ident", c_char_p, c_void_p)
        self.t30_set_supported_modems = find("t30_set_supported_modems", c_int, c_void_p, c_int)
        self.t30_set_ecm_capability = find("t30_set_ecm_capability", c_int, c_void_p, c_int)
        self.t30_set_supported_compressions = find("t30_set_supported_compressions", c_int, c_void_p, c_int)
        self.t30_set_supported_resolutions = find("t30_set_supported_resolutions", c_int, c_void_p, c_int)
        self.t30_set_supported_image_sizes = find("t30_set_supported_image_sizes", c_int, c_void_p, c_int)
        self.t30_set_phase_d_handler = find("t30_set_phase_d_handler", None, c_void_p, PhaseD, c_void_p)
        self.t30_set_phase_e_handler = find("t30_set_phase_e_handler", None, c_void_p, PhaseE, c_void_p)
        self.t30_terminate = find("t30_terminate", None, c_void_p)
        self.t30_get_transfer_statistics = find("t30_get_transfer_statistics", None, c_void_p, POINTER(Statistics))
        self.t30_completion_code_to_str = find("t30_completion_code_to_str", c_char_p, c_int)

    def _find(self, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
        function = getattr(self._library, name)
        function.restype, function.argtypes = result, list(arguments)
        return function  # type: ignore[no-any-return]
