"""Plays a script to a house: bodies through `Exchange`, streams of HTTP over real connections."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from distwire.ipp.decode import decode_message
from distwire.ipp.errors import CodecError
from distwire.ipp.exchange import Exchange
from tests.fuzz.house import PROXY, VISITORS, House
from tests.fuzz.script import Step, fill_in

PATIENCE = 30.0
_SOON = 0.02
"""How long is waited for an answer that is still to come, in seconds: some come when something happens."""
_HOSTS = ("127.0.0.1", PROXY, "127.0.0.3")
_RESET = struct.pack("ii", 1, 0)
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n")
_STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")


class WrongAnswer(Exception):
    """What the server says is no answer."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`ipp` is the status in its body, if it is one of IPP."""

    status: int
    ipp: int | None


def play_body(house: House, step: Step, jobs: Sequence[int]) -> None:
    """One IPP request without HTTP around it. Raises `WrongAnswer`."""
    exchange = Exchange(house.service, VISITORS[step.who % len(VISITORS)], house.limits)
    data = fill_in(step.data, jobs)
    for piece in step.pieces(data):
        exchange.feed(piece)
        if exchange.answered:
            break
    if step.breaks_off:
        exchange.abort()
        return
    exchange.end()
    if exchange.pending and not house.loop.run_until_complete(_settle(exchange)):
        return
    check_body(exchange.finish(), data)


async def _settle(exchange: Exchange) -> bool:
    """False when the answer does not come soon: its client goes away then."""
    try:
        async with asyncio.timeout(_SOON):
            await exchange.settle()
    except TimeoutError:
        exchange.abort()
        return False
    return True


def check_body(answer: bytes, request: bytes | None = None) -> int:
    """The status of a response, which has to be a faultless message, and that of this request. Raises `WrongAnswer`."""
    try:
        response, used = decode_message(answer)
    except CodecError as error:
        raise WrongAnswer(f"the response is no message: {error}") from error
    if response.notes or used != len(answer):
        raise WrongAnswer(f"the response is no good message: {response.notes}, {len(answer) - used} octets behind it")
    names = [one.name for one in response.operation.attributes[:2]]
    if names != ["attributes-charset", "attributes-natural-language"] or response.version not in ((1, 1), (2, 0)):
        raise WrongAnswer(f"the response begins with {response.version} {names}")
    if request is not None and len(request) >= 8 and response.request_id != int.from_bytes(request[4:8]):
        raise WrongAnswer(f"request-id {response.request_id} is not that of the request")
    return response.code


def play_stream(house: House, step: Step, jobs: Sequence[int]) -> list[HttpAnswer]:
    """A connection from its beginning to its end; the answers on it. Raises `WrongAnswer`, and `TimeoutError` where
    nothing comes to an end."""
    pieces = step.pieces(fill_in(step.data, jobs))
    answer = house.loop.run_until_complete(_talk(house, pieces, _HOSTS[step.who % len(_HOSTS)], step.breaks_off))
    return read_answers(answer)


async def _talk(house: House, pieces: list[bytes], source: str, breaks_off: bool) -> bytes:
    loop, answer = house.loop, bytearray()
    with socket.socket() as sock:
        sock.setblocking(False)
        sock.bind((source, 0))
        async with asyncio.timeout(PATIENCE):
            await loop.sock_connect(sock, ("127.0.0.1", house.port))
            sending = loop.create_task(_send(sock, pieces, half=not breaks_off))
            if not breaks_off:
                with suppress(ConnectionError):
                    while piece := await loop.sock_recv(sock, 1 << 16):
                        answer += piece
            await sending
            if breaks_off:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    async with asyncio.timeout(PATIENCE):
        while house.server._connections or house.server._tasks or house.server._opening:
            await asyncio.sleep(0)
    return bytes(answer)


async def _send(sock: socket.socket, pieces: list[bytes], *, half: bool) -> None:
    loop = asyncio.get_running_loop()
    with suppress(OSError):  # it may be closed already
        for piece in pieces:
            await loop.sock_sendall(sock, piece)
            await asyncio.sleep(0)
        if half:
            sock.shutdown(socket.SHUT_WR)


def read_answers(data: bytes) -> list[HttpAnswer]:
    """Those on a connection. What was cut off with it is no answer; raises `WrongAnswer` for what is none."""
    found: list[HttpAnswer] = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        status = _STATUS.match(head)
        if status is None:
            raise WrongAnswer(f"this begins no answer: {data[:200]!r}")
        if not end:
            break
        code = int(status[1])
        if code < 200:
            data = rest
            continue
        told = _LENGTH.search(head + b"\r\n")
        if told is None:
            raise WrongAnswer(f"the answer has no length: {head!r}")
        length = int(told[1])
        if not rest or _STATUS.match(rest):  # the answer to HEAD
            length = 0
        body, data = rest[:length], rest[length:]
        ipp = b"Content-Type: application/ipp" in head and length and len(body) == length
        found.append(HttpAnswer(code, check_body(body) if ipp else None))
    return found
