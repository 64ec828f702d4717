"""The lines of HylaFAX's protocol: replies, jobs, events, and its log of calls."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.hylafax import HylaFaxLost, JobState, JobTicket
from distwire.hylafax.events import EventCode, read_event
from distwire.hylafax.job import quote, read_job
from distwire.hylafax.reply import Reply, read_reply
from distwire.hylafax.transfer_log import read_transfer

TICKET = JobTicket("ds-1", "0312345678", "+81312345678", "head office", ("/tmp/doc1.tif",))
PAGE = (
    "062048 119 JOB 1 (dest +8135550100 pri 127 com ): SEND FAX: Page 2 sent in 0:00:09 (file docq/doc1.tif;00) "
    "<INF, 3.85 line/mm, 2-D MMR, 14400 bit/s, 0 ms/scanline>"
)
CALL = (
    '11/28/26 06:21\tSEND\t000000012\tpts_0\t7\t"ds-1"\tdistserver\t"0312345678"\t"+81 3 1234 5678"\t2220072\t2\t'
    '0:00:19\t0:00:17\t"No response to PPS repeated 3 times."\t""\t""\t""\t"distserver"\t"00 40"'
)


async def read(said: bytes) -> Reply:
    reader = asyncio.StreamReader()
    reader.feed_data(said)
    reader.feed_eof()
    return await read_reply(reader)


async def test_reply_of_several_lines_is_one() -> None:
    said = b"216-Waiting for job 4.\r\n 216 is not its end\r\n216 Wait for job 4 completed.\r\n"
    assert await read(said) == Reply(216, "Waiting for job 4.\n 216 is not its end\nWait for job 4 completed.")


@pytest.mark.parametrize("said", [b"", b"200", b"SSH-2.0-OpenSSH\r\n", b"200-begun\r\n", b"12\r\n"])
async def test_what_is_no_reply_is_told(said: bytes) -> None:
    with pytest.raises(HylaFaxLost):
        await read(said)


@given(st.binary(max_size=200))
def test_any_octets_are_a_reply_or_the_end(said: bytes) -> None:
    with contextlib.suppress(HylaFaxLost):
        assert asyncio.run(read(said)).code >= 0


def test_ticket_leaves_tries_to_us() -> None:
    said = dict(TICKET.parameters())
    assert (said["MAXDIALS"], said["MAXTRIES"], said["JOBINFO"]) == ("1", "1", '"ds-1"')
    assert "BEGBR" not in said


@given(st.text(max_size=300), st.text(alphabet='"\\\\報 \u2028', max_size=300))
def test_no_sender_makes_a_command_longer_than_hfaxd_reads(sender: str, worse: str) -> None:
    """It would take the rest for another command: the name of a sender is not ours."""
    for name in (sender, worse):
        for key, value in replace(TICKET, sender=name).parameters():
            assert len(f"JPARM {key} {value}".encode()) <= 500
            assert key != "FROMUSER" or value.strip('" ')


def test_slower_call_counts_speeds_as_modems_do() -> None:
    said = dict(JobTicket("t", "1", "1", "s", ("d",), speed=9600, error_correction=False).parameters())
    assert (said["BEGBR"], said["USEECM"]) == ("3", "no")


@given(st.text(max_size=60))
def test_quoted_text_stays_in_its_line(text: str) -> None:
    quoted = quote(text)
    assert "\r" not in quoted
    assert "\n" not in quoted
    inner = quoted[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inner


def test_job_of_a_listing() -> None:
    job = read_job("7|F|2|5|1|1|+81312345678|000000012|ds-1.2|No response to MPS | EOP; too many attempts to dial")
    assert job is not None
    assert (job.id, job.state, job.pages, job.tag) == (7, JobState.FAILED, 2, "ds-1.2")
    assert job.status.startswith("No response to MPS | EOP")
    assert job.state.ended


@pytest.mark.parametrize("line", ["", "total 3", "x|D|1|1|1|1|n|c|t|s", "1|D|1"])
def test_line_of_no_job_is_passed_over(line: str) -> None:
    assert read_job(line) is None


def test_event_of_a_page() -> None:
    event = read_event(PAGE)
    assert event is not None
    assert event.page is not None
    assert (event.code, event.job, event.page.number) == (EventCode.PAGE_SENT, 1, 2)
    assert event.page.traits == "INF, 3.85 line/mm, 2-D MMR, 14400 bit/s, 0 ms/scanline"


def test_event_of_a_modem_has_no_job() -> None:
    event = read_event("062040 148 MODEM pts_0: Assigned to job")
    assert event is not None
    assert (event.job, event.page) == (None, None)


def test_call_of_the_log() -> None:
    call = read_transfer(CALL)
    assert call is not None
    assert (call.call, call.job, call.tag, call.pages, call.identity) == ("000000012", 7, "ds-1", 2, "+81 3 1234 5678")


@given(st.text(max_size=200))
def test_any_line_is_a_call_or_none(line: str) -> None:
    read_transfer(line)
    read_job(line)
    read_event(line)
