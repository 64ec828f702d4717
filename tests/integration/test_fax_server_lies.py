"""A HylaFAX server that lies, says garbage, or falls silent in the middle: it costs its own calls, nobody else's."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator

import pytest

from distwire.hylafax import HylaFaxError, HylaFaxLost, HylaFaxRefused, JobTicket
from distwire.hylafax.connection import _MOST_LISTED
from distwire.hylafax.events import read_event
from distwire.hylafax.job import read_job
from distwire.hylafax.received import read_received
from distwire.hylafax.reply import read_reply
from distwire.hylafax.transfer_log import read_transfer
from tests.support.scripted_hfaxd import run_scripted

TICKET = JobTicket("ds-1", "0312345678", "+81312345678", "head office", ("/tmp/doc1.tif",))
ENDLESS = "9" * 5000
"""Python reads no number of so many digits."""


async def many_pieces() -> AsyncIterator[bytes]:
    for _ in range(200):
        yield b"x" * 65536


async def test_server_that_takes_nothing_of_a_document_is_left_in_time() -> None:
    async def take_nothing(_command: str, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with run_scripted({}, take_nothing) as server, server.session(idle=3.0) as session:
        async with asyncio.timeout(30):
            with pytest.raises(HylaFaxLost, match="has not answered"):
                await session.store(many_pieces())


async def test_events_that_cannot_be_heard_are_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """No handle is left, or the server's address is of one link only: who listens goes on, and tries again."""

    async def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    async with run_scripted({}) as server, server.session() as session:
        monkeypatch.setattr(asyncio, "start_server", refuse)
        with pytest.raises(HylaFaxLost, match="Too many open files"):
            await session.watch("J*")


@pytest.mark.parametrize("port", ["99999", "70000", ENDLESS, "-1", ""])
async def test_port_that_is_none_is_refused(port: str) -> None:
    async with (
        run_scripted({"EPSV": f"229 Entering Extended Passive Mode (|||{port}|)"}) as server,
        server.session() as session,
    ):
        with pytest.raises(HylaFaxRefused, match="names no port"):
            await session.list_jobs("sendq")


async def test_number_of_a_job_that_is_none_is_refused() -> None:
    async with (
        run_scripted({"JNEW": f"200 New job created: jobid: {ENDLESS} groupid: 7."}) as server,
        server.session() as session,
    ):
        with pytest.raises(HylaFaxRefused, match="does not say which number"):
            await session.create(TICKET)


async def test_listing_without_an_end_is_left() -> None:
    async def tell_for_ever(_command: str, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3 * _MOST_LISTED // (1 << 16)):
            writer.write(b"x" * 65535 + b"\n")
            await writer.drain()

    async with run_scripted({}, tell_for_ever) as server, server.session() as session:
        with pytest.raises(HylaFaxLost, match="does not end"):
            await session.list_jobs("sendq")


async def test_reply_without_an_end_is_left() -> None:
    reader = asyncio.StreamReader(limit=1 << 21)
    reader.feed_data((b"200-" + b"x" * 65536 + b"\r\n") * 40)
    with pytest.raises(HylaFaxLost, match="does not end"):
        await read_reply(reader)


def test_numbers_of_any_length_are_read_or_passed_over() -> None:
    read_event(f"062048 119 JOB {ENDLESS} (dest 1): SEND FAX: Page {ENDLESS} sent in 0:00:09 <x>")
    job = read_job("|".join(("7", "F", "9" * 30, "-4", "1", "1", "", "", "ds-1", "")))
    assert job is not None
    assert 0 <= job.total <= job.pages < 1 << 31
    assert read_received("|".join(("fax1.tif", ENDLESS, "1", "1", "", "", "", "", "", ""))) is None
    assert read_received("|".join(("fax1.tif", "9" * 40, "1", "1", "", "", "", "", "", ""))) is None
    assert read_transfer("\t".join(("a", "SEND", "1", "t", "²", "ds", "x", "1", "c", "0", "²", "0", "0", "s"))) is None


async def test_control_characters_of_far_ends_do_not_come_through() -> None:
    async def tell(_command: str, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write("7|F|0|1|1|1|+81|1|ds-1|\x1b]0;owned\x07 \x00 busy \u202e\r\n".encode())

    async with run_scripted({"NOOP": "500 \x1b[2J no"}, tell) as server, server.session() as session:
        (job,) = await session.list_jobs("doneq")
        assert job.status.isprintable()
        assert "busy" in job.status
        with pytest.raises(HylaFaxError) as told:
            await session.command("NOOP")
        assert str(told.value).isprintable()


async def test_command_that_is_too_long_is_not_said() -> None:
    async with run_scripted({}) as server, server.session() as session:
        with pytest.raises(HylaFaxRefused, match="longer than hfaxd reads"):
            await session.command("JPARM FROMUSER " + "報" * 200)
        assert not server.told("JPARM")
        await session.command("NOOP")
