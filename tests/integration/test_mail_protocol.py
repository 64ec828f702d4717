"""The door for mail as hostile clients speak to it: what ends DATA, how long a line is, how many calls (RFC 5321)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from distserver.errors import NotFound
from distserver.intake.mail.protocol import (
    MOST_CALLS,
    MOST_CALLS_OF_A_STRANGER,
    Handler,
    StreamingLmtp,
    StreamingSmtp,
    name_caller,
)
from distserver.intake.mail.reception import Arrival
from distserver.intake.mail.recipients import Recipient
from distserver.intake.mail.verdict import Verdict

_LIMIT = 1 << 20


class Counter:
    """Keeps what came."""

    def __init__(self) -> None:
        self.mails: list[tuple[Arrival, bytes]] = []

    async def take(self, arrival: Arrival, file: BinaryIO) -> Verdict:
        file.seek(0)
        self.mails.append((arrival, file.read()))
        if b"break" in self.mails[-1][1]:
            raise RuntimeError("an error of ours, with secrets in it")
        return Verdict("250 2.0.0", "taken")


def read_address(address: str) -> Recipient:
    if not address.startswith("sales@"):
        raise NotFound(f"there is no group '{address}'")
    return Recipient(address)


@asynccontextmanager
async def run_door(
    folder: Path, kind: type[StreamingSmtp] | type[StreamingLmtp] = StreamingSmtp, *, relay: str = "127.0.0.1"
) -> AsyncIterator[tuple[int, Counter]]:
    counter = Counter()

    def make() -> asyncio.BaseProtocol:
        handler = Handler(read_address, ("print.example.org",))
        made = kind(handler, data_size_limit=_LIMIT, loop=asyncio.get_running_loop(), timeout=30)
        made.take, made.folder, made.is_relay = counter.take, folder, lambda host: host == relay
        return made

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], counter
    finally:
        server.close()


async def talk(
    port: int, data: bytes, greeting: bytes = b"EHLO x", to: bytes = b"sales@print.example.org"
) -> list[str]:
    """The answers to a whole dialogue."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for line in (greeting, b"MAIL FROM:<a@example.org>", b"RCPT TO:<" + to + b">", b"DATA"):
        writer.write(line + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)
    writer.write(data + b"\r\n.\r\nQUIT\r\n")
    await writer.drain()
    answers = (await asyncio.wait_for(reader.read(), 30)).decode().splitlines()
    writer.close()
    return answers


async def test_only_a_dot_alone_between_crlf_ends_a_mail(tmp_path: Path) -> None:
    """Else a second mail could be smuggled in by a server that sees it in another way."""
    data = b"one\n.\nMAIL FROM:<x@y>\n.\r\ntwo\r\n..three"
    async with run_door(tmp_path) as (port, counter):
        await talk(port, data)
    assert [content for _, content in counter.mails] == [b"one\n.\nMAIL FROM:<x@y>\n.\r\ntwo\r\n.three\r\n"]


async def test_a_line_without_end_is_a_mail_that_is_too_large(tmp_path: Path) -> None:
    async with run_door(tmp_path) as (port, counter):
        answers = await talk(port, b"x" * (2 * _LIMIT))
        assert any(line.startswith("552 5.3.4") for line in answers)
        assert await talk(port, b"x" * 5000)
    assert [len(content) for _, content in counter.mails] == [5002]


async def test_a_recipient_of_nobody_is_refused_at_once(tmp_path: Path) -> None:
    async with run_door(tmp_path) as (port, counter):
        answers = await talk(port, b"x", to=b"nobody@print.example.org")
    assert any(line.startswith("550 5.1.1 there is no group") for line in answers)
    assert counter.mails == []


async def test_an_error_of_ours_asks_for_the_mail_again(tmp_path: Path) -> None:
    """Nobody loses a mail by it, and nobody is told what it was."""
    async with run_door(tmp_path) as (port, _):
        answers = await talk(port, b"break")
    assert any(line.startswith("451 4.3.0") for line in answers)
    assert not any("secrets" in line for line in answers)


@pytest.mark.parametrize(("greeting", "answer"), [(b"LHLO x", "250"), (b"EHLO x", "500")])
async def test_lmtp_wants_its_own_greeting(tmp_path: Path, greeting: bytes, answer: str) -> None:
    async with run_door(tmp_path, StreamingLmtp) as (port, _):
        answers = await talk(port, b"x", greeting)
    assert answers[1].startswith(answer)


async def test_more_calls_than_are_good_are_turned_away(tmp_path: Path) -> None:
    """And there is room again when they have ended."""
    async with run_door(tmp_path) as (port, counter):
        calls = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_CALLS)]
        for reader, _ in calls:
            assert (await reader.readline()).startswith(b"220")
        late, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await late.readline()).startswith(b"421 4.3.2")
        writer.close()
        for _, writer in calls:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(60):
            while not counter.mails:
                await talk(port, b"x")
    assert len(counter.mails) == 1


async def test_a_stranger_who_says_nothing_does_not_take_all_calls(tmp_path: Path) -> None:
    async with run_door(tmp_path, relay="192.0.2.1") as (port, _):
        calls = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_CALLS_OF_A_STRANGER + 1)]
        greetings = [(await asyncio.wait_for(reader.readline(), 30))[:3] for reader, _ in calls]
        assert sorted(greetings) == [b"220"] * MOST_CALLS_OF_A_STRANGER + [b"421"]
        for _, writer in calls:
            writer.close()


async def test_no_number_of_strangers_keeps_a_relay_out(tmp_path: Path) -> None:
    """What the house's own mail server has to bring is not put off by others."""
    async with run_door(tmp_path) as (port, counter), contextlib.AsyncExitStack() as calls:
        for number in range(2 * MOST_CALLS // MOST_CALLS_OF_A_STRANGER):
            for _ in range(MOST_CALLS_OF_A_STRANGER):
                where = (f"127.0.1.{number + 1}", 0)
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=where)
                calls.callback(writer.close)
                await asyncio.wait_for(reader.readline(), 30)
        await talk(port, b"x")
    assert len(counter.mails) == 1


@pytest.mark.parametrize(
    ("host", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
    ],
)
def test_one_who_has_a_whole_network_of_addresses_is_one(host: str, caller: str) -> None:
    assert name_caller(host) == caller
