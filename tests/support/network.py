"""Networks of a test's own, which nobody else is on: loopback alone, or several machines on a wire.

Linux gives each thread the network that it asks for. Whatever the thread starts, and every socket that it makes, is in
the one that it was in then.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000
_HERE = Path("/proc/thread-self/ns/net")
_SYSTEM = ctypes.CDLL(None, use_errno=True)
_FIRST = _HERE.readlink()


def is_own() -> bool:
    """Whether the calling thread is on a network of the test's own, where nobody hears it."""
    return _HERE.readlink() != _FIRST


@contextmanager
def own_network(*addresses: str) -> Iterator[None]:
    """The calling thread is in a network of its own, and has these addresses there, for as long as the block runs.

    Only root may; a test of somebody else is skipped.
    """
    with _HERE.open("rb") as before:
        if _SYSTEM.unshare(_CLONE_NEWNET) != 0:
            pytest.skip(f"a network of its own is for root alone ({os.strerror(ctypes.get_errno())})")
        try:
            _run("link", "set", "lo", "up", "multicast", "on")
            for address in addresses:
                _run("address", "add", address, "dev", "lo")
            yield
        finally:
            _enter(before.fileno())


@dataclass(frozen=True)
class Machine:
    """A machine on the wire. `space` is a descriptor of its network, in which its card is `lan0`."""

    address: str
    space: int

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is on this machine for as long as the block runs."""
        with _HERE.open("rb") as before:
            _enter(self.space)
            try:
                yield
            finally:
                _enter(before.fileno())


@contextmanager
def own_wire(count: int, network: str = "192.0.2") -> Iterator[list[Machine]]:
    """So many machines on one wire, with the addresses 192.0.2.1 and so on, for as long as the block runs."""
    with ExitStack() as stack, own_network():
        _run("link", "add", "wire", "type", "bridge", "mcast_snooping", "0")
        _run("link", "set", "wire", "up")
        made = []
        for number in range(1, count + 1):
            with own_network():
                space = stack.enter_context(_HERE.open("rb")).fileno()
            machine = Machine(f"{network}.{number}", space)
            plug_in(machine, f"port{number}", "lan0", "wire")
            made.append(machine)
        yield made


def plug_in(machine: Machine, port: str, card: str, wire: str) -> None:
    """Give a machine a card on a wire of the network that the thread is in."""
    peer = f"/proc/{os.getpid()}/fd/{machine.space}"
    _run("link", "add", port, "type", "veth", "peer", "name", card, "netns", peer)
    _run("link", "set", port, "master", wire, "up")
    with machine.entered():
        _run("address", "add", f"{machine.address}/24", "dev", card)
        _run("link", "set", card, "up")
        _run("route", "add", "224.0.0.0/4", "dev", card)


def _enter(space: int) -> None:
    if _SYSTEM.setns(space, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "this network cannot be entered")


def _run(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
