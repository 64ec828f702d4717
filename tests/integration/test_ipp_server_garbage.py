"""Requests cut and changed at any octet, over real sockets: connections end, clients are told, nothing escapes."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distwire.ipp.http import HttpLimits
from tests.support.ipp_rim import ATTRIBUTES, LOOK, PATIENCE, Rim, make_head, run_rim, split_answers, status_of

PRINT = make_head(len(ATTRIBUTES) + 300) + ATTRIBUTES + bytes(300)
CHUNKS = b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in (ATTRIBUTES[:7], ATTRIBUTES[7:], bytes(100)))
CHUNKED = make_head(None) + CHUNKS + b"0\r\nTrailer: x\r\n\r\n"
WHOLE = (
    PRINT,
    CHUNKED,
    make_head(len(LOOK)) + LOOK,
    b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST http://x/page HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
    make_head(len(LOOK), "Expect: 100-continue\r\n") + LOOK,
    make_head(20) + gzip.compress(b"not IPP")[:20],
)
LIMITS = HttpLimits(head_seconds=10, first_byte=10, idle=10, body=10, linger=10)


class Server:
    """A rim in a thread of its own, and what its loop complained of."""

    def __init__(self) -> None:
        self.complaints: list[dict[str, object]] = []
        self.port = 0
        self._started = threading.Event()
        self._ended: asyncio.Event
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        self._started.wait(PATIENCE)

    async def _run(self) -> None:
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        with ThreadPoolExecutor(2) as executor:
            async with run_rim(LIMITS, executor=executor) as it:
                self.port = it.port
                self.rim: Rim = it
                self._started.set()
                await self._ended.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(PATIENCE)

    def talk(self, pieces: list[bytes], *, half: bool) -> bytes:
        """Send pieces, one write each, then perhaps close our half; everything that comes until the end."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = b""
            try:
                for piece in pieces:
                    sock.sendall(piece)
                if half:
                    sock.shutdown(socket.SHUT_WR)
                while piece := sock.recv(1 << 16):
                    answer += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
            return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with ExitStack() as stack:
        running = Server()
        stack.callback(running.stop)
        yield running


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:stop] for start, stop in itertools.pairwise(edges)]


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(
    st.lists(st.sampled_from(WHOLE), min_size=1, max_size=4),
    st.lists(st.integers(min_value=0, max_value=3000), max_size=8),
)
def test_whole_requests_are_answered_however_they_are_cut(server: Server, parts: list[bytes], cuts: list[int]) -> None:
    answer = server.talk(split(b"".join(parts), cuts), half=True).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    assert [head.split()[1] for head, _ in split_answers(answer)] == [b"200"] * len(parts)
    assert server.complaints == []


@SETTINGS
@given(
    st.sampled_from(WHOLE),
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.integers(min_value=0, max_value=600), st.binary(max_size=3)), min_size=1, max_size=4),
    st.lists(st.integers(min_value=0, max_value=600), max_size=4),
)
def test_changed_requests_come_to_an_end(
    server: Server, first: bytes, second: bytes, changes: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    data = bytearray(first + second)
    for place, octets in changes:
        at = place % len(data)
        data[at : at + len(octets)] = octets
    answer = server.talk(split(bytes(data), cuts), half=True)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert server.complaints == []
    assert status_of(server.talk([PRINT], half=True)) == 0


@SETTINGS
@given(st.binary(max_size=200), st.booleans())
def test_any_octets_come_to_an_end(server: Server, data: bytes, half: bool) -> None:
    answer = server.talk([data + b"\r\n\r\n"], half=half or not data.strip(b"\r\n"))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert server.complaints == []


@pytest.mark.parametrize("whole", WHOLE)
def test_requests_that_break_off_anywhere_come_to_an_end(server: Server, whole: bytes) -> None:
    for stop in range(0, len(whole), 7):
        answer = server.talk([whole[:stop]], half=True)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert server.complaints == []
