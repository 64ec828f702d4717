"""A TCP relay that breaks connections off in the middle of an answer, as networks do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class CuttingRelay:
    """Relays to `target`. Connection n is cut after `cuts[n]` bytes of the answer; those after the last are left whole.

    `answered` counts the bytes that went to the client by connection; `on_cut` is called at each cut.
    """

    target: int
    cuts: Sequence[int]
    on_cut: Callable[[], None] = lambda: None
    answered: list[int] = field(default_factory=list)
    _listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def run(self) -> None:
        """Take connections until the listening socket is shut."""
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            number = len(self.answered)
            self.answered.append(0)
            thread = threading.Thread(target=self._carry, args=(client, number))
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Take no more connections, and wait for the end of those there are."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _carry(self, client: socket.socket, number: int) -> None:
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            there = threading.Thread(target=_pump, args=(client, server))
            there.start()
            try:
                self._answer(server, client, number)
            finally:
                for end in (client, server):
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                there.join()

    def _answer(self, server: socket.socket, client: socket.socket, number: int) -> None:
        left = self.cuts[number] if number < len(self.cuts) else 1 << 62
        with contextlib.suppress(OSError):
            while left and (data := server.recv(min(left, 1 << 16))):
                client.sendall(data)
                left -= len(data)
                self.answered[number] += len(data)
        if not left:
            self.on_cut()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def cut_connections(
    target: int, cuts: Sequence[int], on_cut: Callable[[], None] = lambda: None
) -> Iterator[CuttingRelay]:
    """A relay to the port `target` of this machine for as long as the block runs."""
    relay = CuttingRelay(target, cuts, on_cut)
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join()
