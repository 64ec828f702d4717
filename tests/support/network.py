"""A network of a test's own: loopback alone, on which it may have any address, and which nobody else is on.

Linux gives one to each thread. Whatever the thread starts is in the same one.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000
_HERE = Path("/proc/thread-self/ns/net")


@contextmanager
def own_network(*addresses: str) -> Iterator[None]:
    """The calling thread is in a network of its own, and has these addresses there, for as long as the block runs.

    Only root may; a test of somebody else is skipped.
    """
    system = ctypes.CDLL(None, use_errno=True)
    with _HERE.open("rb") as before:
        if system.unshare(_CLONE_NEWNET) != 0:
            pytest.skip(f"a network of its own is for root alone ({os.strerror(ctypes.get_errno())})")
        try:
            _run("link", "set", "lo", "up", "multicast", "on")
            for address in addresses:
                _run("address", "add", address, "dev", "lo")
            yield
        finally:
            if system.setns(before.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "the way back to the network of this machine is closed")


def _run(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
