"""Connections that come in one moment, faster than an IppServer opens them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.ipp import Status
from distwire.ipp.http import HttpLimits
from tests.support.certificate import write_certificate
from tests.support.ipp_rim import ATTRIBUTES, PATIENCE, Rim, make_head, read_answer, run_rim, status_of

PRINT = make_head(len(ATTRIBUTES) + 4) + ATTRIBUTES + b"docu"
LIMITS = HttpLimits(connections=6, per_peer=25, refusals=0)


@contextlib.contextmanager
def burst(it: Rim, count: int) -> Iterator[list[socket.socket]]:
    """So many connections of one address, none of which the server has looked at."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_connect(it, "127.0.0.2")) for _ in range(count)]


@pytest.mark.parametrize("kind", ["plain", "tls"])
async def test_who_comes_in_the_moment_of_a_crowd_is_served(kind: str, tmp_path: Path) -> None:
    """One of the crowd gives way, though none of it is open yet."""
    server, client = _make_contexts(tmp_path) if kind == "tls" else (None, None)
    async with run_rim(LIMITS, context=server) as it:
        with burst(it, 6) as crowd:
            name = "127.0.0.1" if client else None
            sock = _connect(it, "127.0.0.1")
            reader, writer = await asyncio.open_connection(sock=sock, ssl=client, server_hostname=name)
            writer.write(PRINT)
            assert status_of(await read_answer(reader)) == Status.OK
            assert it.server._peers == {"127.0.0.2": 5, "127.0.0.1": 1}
            assert len(it.server._connections) == 6
            assert [_is_closed(one) for one in crowd].count(True) == 1
            writer.close()
        await _until_all_are_gone(it)


async def test_a_server_that_is_closed_before_it_opened_them_closes_them() -> None:
    async with run_rim(LIMITS) as it:
        with burst(it, 5) as crowd:
            while not it.server._opening:
                await asyncio.sleep(0)
            await it.server.close()
            assert all(_is_closed(one) for one in crowd)
        await _until_all_are_gone(it)


def _connect(it: Rim, source: str) -> socket.socket:
    """At once: the system takes connections in before the server does."""
    return socket.create_connection(("127.0.0.1", it.port), PATIENCE, (source, 0))


def _is_closed(sock: socket.socket) -> bool:
    """By the server, which says nothing to who says nothing."""
    sock.setblocking(False)
    try:
        return not sock.recv(1)
    except ConnectionResetError:
        return True
    except BlockingIOError:
        return False


def _make_contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    certificate = write_certificate(folder / "certificate.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server, ssl.create_default_context(cafile=str(certificate))


async def _until_all_are_gone(it: Rim) -> None:
    async with asyncio.timeout(PATIENCE):
        while it.server._connections or it.server._opening or it.server._wrapped:
            await asyncio.sleep(0.01)
    assert not it.server._peers
