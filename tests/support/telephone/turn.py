"""Whose turn it is on the serial line between HylaFAX and a Class 1 modem (T.31), read from what both say.

While the modem owes HylaFAX something, the clock of the samples may run as fast as the machine can; while the modem
waits for HylaFAX it has to run like a real one, or timers at the far end would run out before HylaFAX has answered.
"""

from __future__ import annotations

_DLE, _ETX = 0x10, 0x03
_CONNECTED = b"CONNECT\r\n"
_RESULTS = tuple(
    word + b"\r\n"
    for word in (b"OK", b"CONNECT", b"NO CARRIER", b"ERROR", b"BUSY", b"NO ANSWER", b"NO DIALTONE", b"+FCERROR")
)
_TRANSMITS = (b"AT+FTM", b"AT+FTH", b"ATA")
"""A call that is answered begins with a frame of who answers (T.31 §8.1)."""


class Turn:
    """`modem` says that the modem is to speak next; `command` is the last line that it was given."""

    def __init__(self) -> None:
        self.modem = False
        self.command = b""
        self.sending = False
        self._line = b""
        self._said = b""
        self._escaped = False

    def hear_terminal(self, data: bytes) -> None:
        """HylaFAX said this: a command, or what the modem is to transmit, which ends in DLE ETX."""
        if self.sending:
            if self._finds_end(data):
                self.sending, self.modem = False, True
            return
        self._line += data
        if b"\r" in data:
            self.command, self._line, self.modem = self._line.strip().upper(), b"", True

    def hear_modem(self, data: bytes) -> None:
        """The modem said this: a result ends its turn, but for the one that begins what it has received."""
        self._said = (self._said + data)[-16:]
        if not self._said.endswith(_RESULTS):
            return
        connected = self._said.endswith(_CONNECTED)
        self.sending = connected and self.command.startswith(_TRANSMITS)
        self._escaped = False
        self.modem = connected and not self.sending

    @property
    def speed(self) -> int:
        """Bit/s of the carrier that HylaFAX has asked for last, 0 for the signals of T.30 (V.21)."""
        kind, _, number = self.command.partition(b"=")
        if kind != b"AT+FTM" or not number.isdigit():
            return 0
        return {24: 2400, 48: 4800, 72: 7200, 73: 7200, 74: 7200, 96: 9600, 97: 9600, 98: 9600}.get(
            int(number), 14400 if int(number) >= 145 else 12000
        )

    def _finds_end(self, data: bytes) -> bool:
        at = 0
        if self._escaped:
            self._escaped, at = False, 1
            if data[:1] == bytes((_ETX,)):
                return True
        while (at := data.find(_DLE, at)) >= 0:
            if at + 1 == len(data):
                self._escaped = True
                return False
            if data[at + 1] == _ETX:
                return True
            at += 2
        return False
