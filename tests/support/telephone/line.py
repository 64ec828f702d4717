"""One telephone line: a modem, whoever it calls, and the samples between them."""

from __future__ import annotations

import ctypes
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.telephone import spandsp
from tests.support.telephone.machine import FaxMachine, Reception
from tests.support.telephone.modem import Modem
from tests.support.telephone.numbers import Answer, Caller, Directory, FarEnd, Ringing
from tests.support.telephone.spandsp import CallEvent, Samples, Spandsp

_PACE = 2.0
"""How many times faster than a real one the line runs while the modem waits for HylaFAX."""
_TRAINING_SECONDS = 3.0
"""Of the fast carrier before the first page, and some more."""
_INTO_PAGE_SECONDS = 1.5
_RING_SECONDS = 0.5
_MOST_RINGS = 60
_REFUSALS = {
    Answer.BUSY: CallEvent.BUSY,
    Answer.NO_ANSWER: CallEvent.NO_ANSWER,
    Answer.NO_DIAL_TONE: CallEvent.NO_DIAL_TONE,
}


@dataclass
class Call:
    """A call that goes on: `blocks` of 20 ms so far, `confirmed` pages, and for how many blocks the fast carrier has
    been on the line since the last one.

    A machine that hung up has left its `reception`. The modem is not told: it hears silence, as over a real line.
    """

    device: str
    number: str
    end: FarEnd
    file: Path | None = None
    machine: FaxMachine | None = None
    reception: Reception | None = None
    began: float = field(default_factory=time.time)
    blocks: int = 0
    confirmed: int = 0
    carried: int = 0

    @property
    def dropped(self) -> bool:
        """The line is to break now: some way into the page on which it breaks."""
        if self.machine is None or not self.end.drops_in_page:
            return False
        if self.machine.confirmed != self.confirmed:
            self.confirmed, self.carried = self.machine.confirmed, 0
        before = 0.0 if self.confirmed else _TRAINING_SECONDS
        seconds = self.carried * spandsp.BLOCK / spandsp.RATE
        return self.confirmed >= self.end.drops_in_page - 1 and seconds > before + _INTO_PAGE_SECONDS


class Line(threading.Thread):
    """Runs as long as its process. `report` is told of every call that ended."""

    def __init__(
        self,
        library: Spandsp,
        directory: Directory,
        ringing: Ringing,
        received: Path,
        engaged: set[str],
        report: Callable[[Call, str], None],
    ) -> None:
        super().__init__(daemon=True)
        self._library, self._directory, self._received = library, directory, received
        self._ringing = ringing
        self._engaged, self._report = engaged, report
        self.modem = Modem(library)
        self._call: Call | None = None
        self._near, self._far = spandsp.make_block(), spandsp.make_block()
        self._due = 0.0
        self._count = 0
        self._caller: Caller | None = None
        self._rings = 0
        self._next_ring = 0.0

    def run(self) -> None:
        """Read what HylaFAX says, and let the samples flow while there is a call."""
        while True:
            heard = self.modem.read()
            if self.modem.dialled is not None and not heard:
                self._dial()
            if self.modem.hung_up:
                self._end("hang-up")  # the record lies there before HylaFAX can say that the call has ended
                self.modem.end_call()
            if self._call is None:
                self._ring()
                if not heard and self._call is None:
                    self.modem.wait(0.05)
            elif self._may_run(heard):
                self._exchange_samples(self._call)

    def _dial(self) -> None:
        number, self.modem.dialled = self.modem.dialled or "", None
        digits = "".join(one for one in number if one.isdigit())
        end = self._directory.find(digits)
        if digits in self._engaged:
            end = FarEnd(Answer.BUSY)
        call = Call(self.modem.device, digits, end)
        if end.answer in _REFUSALS:
            self._report(call, end.answer.value)
            self.modem.tell(_REFUSALS[end.answer])
            return
        self._engaged.add(digits)
        self._count += 1
        if end.answer is Answer.FAX:
            call.file = self._received / f"{digits}-{self.modem.device.rpartition('/')[2]}-{self._count}.tif"
            call.machine = FaxMachine(self._library, end, digits, call.file)
        self._call = call
        self.modem.tell(CallEvent.CONNECTED)

    def _ring(self) -> None:
        """Let whoever calls in ring until the modem is told to answer, or they give up."""
        self._caller = self._caller or self._ringing.take(self.modem.device)
        caller = self._caller
        if caller is None:
            return
        if self.modem.answered:
            self._connect(caller)
        elif self._rings >= _MOST_RINGS:
            self._report(Call(self.modem.device, caller.called, caller.end), Answer.NO_ANSWER)
            self._forget_caller()
        elif time.monotonic() >= self._next_ring:
            self._next_ring, self._rings = time.monotonic() + _RING_SECONDS, self._rings + 1
            told = (("NMBR", caller.number), ("NAME", caller.identity), ("NDID", caller.called))
            self.modem.ring(*(f"{word}={value}" for word, value in told if self._rings == 1))

    def _connect(self, caller: Caller) -> None:
        call = Call(self.modem.device, caller.called, caller.end)
        call.machine = FaxMachine(self._library, caller.end, caller.identity, Path(caller.file), caller)
        self._call = call
        self._forget_caller()
        self.modem.tell(CallEvent.ANSWERED)

    def _forget_caller(self) -> None:
        self._caller, self._rings, self.modem.answered = None, 0, False

    def _end(self, how: str) -> None:
        if self._call is None:
            return
        call, self._call = self._call, None
        if call.machine is not None:
            call.reception = call.machine.hang_up()
        elif call.reception is not None:
            how = "dropped"
        self._engaged.discard(call.number)
        self._report(call, how)

    def _may_run(self, heard: bool) -> bool:
        """At full speed in the modem's turn, else not faster than `_PACE` times the clock on the wall."""
        turn, now = self.modem.turn, time.monotonic()
        waits = not turn.modem and not self.modem.full and not (turn.sending and heard)
        if waits and now < self._due:
            self.modem.wait(self._due - now)
            return False
        self._due = now + spandsp.BLOCK / spandsp.RATE / _PACE
        return True

    def _exchange_samples(self, call: Call) -> None:
        near, far = self._near, self._far
        ctypes.memset(near, 0, ctypes.sizeof(near))
        ctypes.memset(far, 0, ctypes.sizeof(far))
        self.modem.speak(near)
        if call.dropped and call.machine is not None:
            call.reception, call.machine = call.machine.hang_up(), None
        if call.machine is not None:
            call.machine.speak(far)
            if self.modem.turn.speed > call.end.clean:
                _garble(near, call.blocks)
            call.machine.hear(near)
        elif call.end.answer is Answer.VOICE:
            _hum(far, call.blocks)
        self.modem.hear(far)
        call.blocks += 1
        call.carried += self.modem.turn.speed > 0


def _garble(samples: Samples, block: int) -> None:
    """Turn the sign of every other part of the signal: no carrier of a fax survives that."""
    for at in range((block * 7) % 11, spandsp.BLOCK, 11):
        samples[at] = -samples[at]
        samples[max(0, at - 1)] = 0


def _hum(samples: Samples, block: int) -> None:
    """Somebody who says 'Aaah'."""
    for at in range(spandsp.BLOCK):
        when = (block * spandsp.BLOCK + at) / spandsp.RATE
        strength = 3000 * (1 + math.sin(2 * math.pi * 4 * when))
        samples[at] = int(strength * (math.sin(2 * math.pi * 170 * when) + 0.5 * math.sin(2 * math.pi * 640 * when)))
