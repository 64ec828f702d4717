"""A PostgreSQL whose machine goes without a word: nobody waits for its answer for hours (N4, N7)."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from distserver.errors import StoreUnavailable
from distserver.store.database import Database, notice_silence

_PATIENCE = 60.0


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """A port that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(_PATIENCE)
        yield listening


def _options(peer: tuple[str, int]) -> tuple[int, int, int]:
    """Of this process's own socket of that name: keepalive, when it begins, and for how long octets may stay unheard
    (ms)."""
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError), socket.socket(fileno=os.dup(int(path.name))) as one:
            if one.getsockname() == peer:
                asked = (socket.SOL_SOCKET, socket.SO_KEEPALIVE), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                return (
                    one.getsockopt(*asked[0]),
                    one.getsockopt(*asked[1]),
                    one.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                )
    raise AssertionError("there is no such connection")


def test_a_connection_whose_other_side_is_gone_ends(mute: socket.socket) -> None:
    """N4: by the system's own questions, and not by its two hours."""
    database = Database(f"postgresql+psycopg://x@127.0.0.1:{mute.getsockname()[1]}/x", durable=False, pool=1)
    heard: list[StoreUnavailable] = []

    def ask() -> None:
        try:
            with database.read():
                pass
        except StoreUnavailable as error:
            heard.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    there, peer = mute.accept()
    with there:
        there.settimeout(_PATIENCE)
        assert there.recv(1)
        assert _options(peer) == (1, 10, 25_000)
    thread.join(_PATIENCE)
    database.close()
    assert len(heard) == 1


def test_what_the_url_says_of_it_counts() -> None:
    said = dict(notice_silence("postgresql+psycopg://x@print/x?keepalives_idle=60&connect_timeout=3").query)
    assert (said.pop("keepalives_idle"), said.pop("connect_timeout")) == ("60", "3")
    assert sorted(said) == ["keepalives_count", "keepalives_interval", "tcp_user_timeout"]
