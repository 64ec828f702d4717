"""The hostile network itself: each fault as a client sees it, and a count of paper that no fault touches."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from distwire.ipp import Message, Operation, Status, attribute
from distwire.ipp import values as v
from distwire.ipp.client import DocumentFile, Endpoint, IppClient
from distwire.ipp.endpoint import Patience
from distwire.ipp.enums import JobState, PrinterState
from distwire.ipp.failures import (
    ConnectionLost,
    HttpRefused,
    NotIpp,
    TimedOut,
    TransferError,
    Unreachable,
)
from tests.support.hostile import (
    BEHAVIOURS,
    At,
    Door,
    Fault,
    Garbage,
    HostileNetwork,
    Network,
    Part,
    Script,
    Shut,
    Step,
    Traits,
    run_hostile_process,
    run_hostile_thread,
    run_network,
)

PATIENCE = 60.0
BIG = 8 << 20
_numbers = itertools.count(1)


class Sender:
    """Our client, a network in the same loop, and a document in two sizes."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.network = network
        self.client = IppClient()
        self.small, self.big = folder / "small.pdf", folder / "big.pdf"
        self.small.write_bytes(b"%PDF-1.4 small")
        self.big.write_bytes(b"%PDF-1.4 " + bytes(BIG))

    async def play(self, *steps: Step, traits: Traits | None = None, door: Door | None = None) -> None:
        await self.network.play({"p": Script(steps, traits or Traits(), door)})

    def endpoint(self, name: str = "p", seconds: float = PATIENCE) -> Endpoint:
        return Endpoint(self.network.uri(name), patience=Patience(seconds, seconds, seconds))

    async def describe(self, name: str = "p", seconds: float = PATIENCE) -> Message:
        return await self.client.get_printer_attributes(self.endpoint(name, seconds))

    async def create(self, title: str = "Title · J-1", name: str = "p") -> Message:
        return await self.client.create_job(self.endpoint(name), [attribute("job-name", v.name(title))], [])

    async def send(self, job_id: int, path: Path | None = None, seconds: float = PATIENCE) -> Message:
        path = path or self.small
        operation = [attribute("document-format", v.mime_type("application/pdf"))]
        document = DocumentFile(path, path.stat().st_size)
        return await self.client.send_document(self.endpoint("p", seconds), job_id, operation, document)

    async def print(self, path: Path | None = None, title: str = "Title · J-1") -> Message:
        created = await self.create(title)
        assert created.ok, created
        return await self.send(created.job.integer("job-id") or 0, path)

    async def ask(self, job_id: int) -> Message:
        return await self.client.get_job_attributes(self.endpoint(), job_id, "tester")

    async def until(self, job_id: int, state: JobState) -> Message:
        async with asyncio.timeout(PATIENCE):
            while (answer := await self.ask(job_id)).job.integer("job-state") != state:
                await asyncio.sleep(0.02)
        return answer

    @property
    def printed(self) -> list[tuple[str, bool]]:
        return [(sheet.name, sheet.whole) for sheet in self.network.paper.printed]


@pytest.fixture
async def sender(tmp_path: Path) -> AsyncIterator[Sender]:
    async with run_network() as network:
        made = Sender(network, tmp_path)
        yield made
        await made.client.close()


async def test_a_well_printer_prints_and_counts(sender: Sender) -> None:
    answer = await sender.print(sender.big, "月報 · J-7.2")
    assert answer.job.integer("job-state") == JobState.COMPLETED
    (sheet,) = sender.network.paper.printed
    assert (sheet.printer, sheet.title, sheet.name, sheet.delivery) == ("p", "月報", "J-7.2", "J-7")
    assert sheet.digest == hashlib.sha256(sender.big.read_bytes()).hexdigest()
    assert sheet.octets == sender.big.stat().st_size
    assert (await sender.describe()).printer.string("printer-name") == "p"
    listed = await sender.client.get_jobs(sender.endpoint(), "tester", "completed", 9, ["all"])
    assert [job.string("job-name") for job in listed.jobs] == ["月報 · J-7.2"]


async def test_five_hundred_printers_behind_one_port(sender: Sender) -> None:
    names = [f"p{number:03}" for number in range(500)]
    answers = await asyncio.gather(*(sender.describe(name) for name in names))
    assert [answer.printer.string("printer-name") for answer in answers] == names
    made = await asyncio.gather(*(sender.create("T · J", name) for name in names))
    assert {answer.job.integer("job-id") for answer in made} == {1}


@pytest.mark.parametrize(
    "status", [Status.BUSY, Status.NOT_ACCEPTING_JOBS, Status.NOT_AUTHORIZED, Status.REQUEST_ENTITY_TOO_LARGE]
)
async def test_it_refuses_twice_and_then_is_well(sender: Sender, status: Status) -> None:
    await sender.play(Step(Fault.REFUSE, At.CREATE, times=2, status=status))
    assert [(await sender.create()).code for _ in range(3)] == [status, status, Status.OK]


async def test_it_refuses_a_document_before_it_is_there(sender: Sender) -> None:
    await sender.play(Step(Fault.REFUSE, times=1, status=Status.BUSY, early=True))
    assert (await sender.print(sender.big)).code == Status.BUSY
    assert sender.network.paper.received == []
    assert (await sender.print(sender.big)).ok


@pytest.mark.parametrize("status", [401, 413, 503])
async def test_http_refuses(sender: Sender, status: int) -> None:
    await sender.play(Step(Fault.HTTP, At.ANY, times=1, status=status, seconds=7))
    with pytest.raises(HttpRefused) as caught:
        await sender.describe()
    assert (caught.value.status, caught.value.retry_after) in ((401, None), (status, 7.0))
    assert (await sender.describe()).ok


async def test_http_refuses_before_the_document(sender: Sender) -> None:
    await sender.play(Step(Fault.HTTP, times=1, status=413, early=True))
    with pytest.raises(HttpRefused):
        await sender.print(sender.big)
    assert sender.network.paper.received == []


async def test_it_says_pdf_and_refuses_it(sender: Sender) -> None:
    await sender.play(traits=Traits(refused=("application/pdf",)))
    assert "application/pdf" in (await sender.describe()).printer.strings("document-format-supported")
    assert (await sender.print()).code == Status.DOCUMENT_FORMAT_NOT_SUPPORTED


async def test_it_sleeps_before_its_first_byte(sender: Sender) -> None:
    await sender.play(Step(Fault.SLEEP, At.DESCRIBE, times=1, seconds=0.3), Step(Fault.SLEEP, At.DESCRIBE, times=1))
    assert (await sender.describe()).ok
    with pytest.raises(TimedOut):
        await sender.describe(seconds=0.3)


async def test_it_stalls_in_mid_document_and_goes_on(sender: Sender) -> None:
    await sender.play(Step(Fault.STALL, times=1, seconds=0.5, octets=1 << 20))
    assert (await sender.print(sender.big)).ok
    assert sender.printed == [("J-1", True)]


async def test_it_stalls_for_ever(sender: Sender) -> None:
    await sender.play(Step(Fault.STALL, times=1, octets=1 << 20))
    created = await sender.create()
    with pytest.raises(TimedOut) as caught:
        await sender.send(created.job.integer("job-id") or 0, sender.big, seconds=1.0)
    assert not caught.value.whole
    assert sender.printed == []


@pytest.mark.parametrize(("part", "state"), [(Part.ABORT, JobState.ABORTED), (Part.KEEP, JobState.PROCESSING)])
async def test_it_cuts_a_document_off(sender: Sender, part: Part, state: JobState) -> None:
    await sender.play(Step(Fault.CUT, times=1, octets=1 << 20), traits=Traits(part=part))
    with pytest.raises(ConnectionLost):
        await sender.print(sender.big)
    (came,) = sender.network.paper.received
    assert not came.whole
    assert 1 << 20 <= came.octets < BIG
    assert (await sender.ask(1)).job.integer("job-state") == state
    assert sender.printed == []


async def test_it_prints_what_it_has_of_a_broken_document(sender: Sender) -> None:
    await sender.play(Step(Fault.CUT, times=1, octets=1 << 20), traits=Traits(part=Part.PRINT))
    with pytest.raises(ConnectionLost):
        await sender.print(sender.big)
    assert sender.printed == [("J-1", False)]


async def test_a_client_that_goes_away_leaves_a_part(sender: Sender) -> None:
    job = (await sender.create()).job.integer("job-id") or 0
    sending = asyncio.ensure_future(sender.send(job, sender.big))
    await sender.play(Step(Fault.STALL, times=1, seconds=0.2, octets=1 << 20))
    await asyncio.sleep(0.1)
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending
    await sender.until(job, JobState.ABORTED)
    assert not sender.network.paper.received[0].whole


async def test_it_prints_and_says_nothing(sender: Sender) -> None:
    await sender.play(Step(Fault.MUTE, times=1))
    with pytest.raises(ConnectionLost):
        await sender.print()
    assert sender.printed == [("J-1", True)]
    assert (await sender.ask(1)).job.integer("job-state") == JobState.COMPLETED


@pytest.mark.parametrize("kind", Garbage)
async def test_it_answers_garbage(sender: Sender, kind: Garbage) -> None:
    await sender.play(Step(Fault.GARBAGE, garbage=kind, times=1))
    with pytest.raises((NotIpp, ConnectionLost, HttpRefused)):
        await sender.print()
    assert sender.printed == [("J-1", True)]


async def test_it_answers_byte_by_byte(sender: Sender) -> None:
    await sender.play(Step(Fault.DRIP, At.CREATE, times=1, seconds=0.001))
    assert (await sender.print()).ok


async def test_a_restart_forgets_jobs_but_paper_stays(sender: Sender) -> None:
    await sender.play(Step(Fault.RESTART, times=1))
    with pytest.raises(ConnectionLost):
        await sender.print()
    assert sender.printed == [("J-1", True)]
    assert (await sender.ask(1)).code == Status.NOT_FOUND
    assert (await sender.create("T · J-2")).job.integer("job-id") == 1
    assert (await sender.describe()).printer.integer("printer-up-time") == 1


async def test_a_restart_loses_what_was_not_printed(sender: Sender) -> None:
    await sender.play(Step(Fault.RESTART, At.ASK, times=1), traits=Traits(print_seconds=5.0))
    assert (await sender.print()).job.integer("job-state") == JobState.PROCESSING
    assert (await sender.ask(1)).code == Status.NOT_FOUND  # the client asked again, over a new connection
    await asyncio.sleep(5.5)
    assert sender.printed == []


async def test_out_of_paper_for_a_while(sender: Sender) -> None:
    await sender.play(Step(Fault.EMPTY, times=1, seconds=8.0))
    answer = await sender.print()
    assert answer.job.integer("job-state") == JobState.PROCESSING_STOPPED
    printer = (await sender.describe()).printer
    assert printer.integer("printer-state") == PrinterState.STOPPED
    assert printer.strings("printer-state-reasons") == ("media-empty",)
    assert sender.printed == []
    await sender.until(1, JobState.COMPLETED)
    assert sender.printed == [("J-1", True)]


async def test_jobs_print_one_after_the_other(sender: Sender) -> None:
    await sender.play(traits=Traits(print_seconds=4.0))
    await sender.print(title="T · J-1")
    second = await sender.print(title="T · J-2")
    assert second.job.integer("job-state") == JobState.PENDING
    await sender.until(2, JobState.COMPLETED)
    assert sender.printed == [("J-1", True), ("J-2", True)]


async def test_a_canceled_job_does_not_come_out(sender: Sender) -> None:
    await sender.play(Step(Fault.EMPTY, times=1))
    await sender.print()
    assert (await sender.client.cancel_job(sender.endpoint(), 1, "tester")).ok
    await sender.play()
    assert sender.printed == []
    assert (await sender.ask(1)).job.integer("job-state") == JobState.CANCELED


async def test_traits_show(sender: Sender) -> None:
    await sender.play(traits=Traits(counts=False, uuid=False, lacks=(Operation.GET_JOBS,)))
    job = (await sender.print()).job
    assert job.integer("job-impressions-completed") == 0
    assert "job-uuid" not in job
    answer = await sender.client.get_jobs(sender.endpoint(), "tester", "completed", 9, ["all"])
    assert answer.code == Status.OPERATION_NOT_SUPPORTED
    await sender.play(traits=Traits(keeps=False))
    await sender.print()
    assert (await sender.ask(2)).code == Status.NOT_FOUND


async def test_print_job_only(sender: Sender) -> None:
    await sender.play(traits=Traits(lacks=(Operation.CREATE_JOB, Operation.SEND_DOCUMENT)))
    assert (await sender.create()).code == Status.OPERATION_NOT_SUPPORTED
    document = DocumentFile(sender.small, sender.small.stat().st_size)
    name = attribute("job-name", v.name("T · J-1"))
    assert (await sender.client.print_job(sender.endpoint(), [name], [], document)).ok
    assert sender.printed == [("J-1", True)]


async def test_it_aborts(sender: Sender) -> None:
    await sender.play(Step(Fault.ABORT, reason="document-format-error", times=1))
    job = (await sender.print()).job
    assert job.integer("job-state") == JobState.ABORTED
    assert "document-format-error" in job.strings("job-state-reasons")
    assert sender.printed == []


@pytest.mark.parametrize("shut", Shut)
async def test_a_door_is_shut_and_opens(sender: Sender, shut: Shut) -> None:
    await sender.play(door=Door(shut))
    address = sender.network.uri("p")
    with pytest.raises(Unreachable):
        await sender.describe(seconds=0.5)
    await sender.play(door=Door(shut, seconds=0.0))
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(TransferError):
                if (await sender.describe(seconds=5.0)).ok:
                    break
            await asyncio.sleep(0.05)
    assert sender.network.uri("p") == address


def _raw(network: HostileNetwork, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", network.port), timeout=PATIENCE) as line:
        line.sendall(request)
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.fixture(scope="module")
def network() -> Iterator[HostileNetwork]:
    with run_hostile_process() as running:
        yield running


def test_it_survives_raw_nonsense(network: HostileNetwork) -> None:
    assert _raw(network, b"\x16\x03\x01 hello\r\n\r\n") == b""
    assert _raw(network, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404")
    short = b"POST /ipp/print/x HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
    assert _raw(network, short).startswith(b"HTTP/1.1 200")
    with pytest.raises(ValueError, match="400"):
        network._call("POST", "scripts", {"x": {"steps": [{"fault": "no such fault"}]}})


def test_from_outside(network: HostileNetwork, tmp_path: Path) -> None:
    """Scripts, paper, jobs and a group file over the control path."""
    network.reset()
    network.play({"支店 1": Script((Step(Fault.EMPTY),)), "d": Script(door=Door(Shut.REFUSES))})
    asyncio.run(_print_outside(network.uri("支店 1"), tmp_path))
    assert network.paper().printed == []
    assert [sheet.name for sheet in network.paper().received] == ["J-1"]
    (job,) = network.jobs("支店 1")
    assert (job["state"], job["whole"]) == ("processing-stopped", True)
    network.play({"支店 1": Script()})
    assert [sheet.delivery for sheet in network.paper().printed] == ["J-1"]
    assert network.figures()["requests"]["支店 1"] == {"2": 1}
    network.write_group(tmp_path / "all.rec", "everybody", ["支店 1", "d"], resend="at-most-once")
    text = (tmp_path / "all.rec").read_text(encoding="utf-8")
    assert f"{network.uri('支店 1')}; 支店 1; resend=at-most-once" in text
    assert str(network.port) not in network.uri("d")


async def _print_outside(uri: str, folder: Path) -> None:
    path = folder / "a.pdf"
    path.write_bytes(b"%PDF")
    client = IppClient()
    name = attribute("job-name", v.name("T · J-1"))
    assert (await client.print_job(Endpoint(uri), [name], [], DocumentFile(path, 4))).ok
    await client.close()


def test_in_a_thread() -> None:
    with run_hostile_thread() as running:
        assert running.paper().printed == []


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_scripts_go_through_json(name: str) -> None:
    script = BEHAVIOURS[name].script
    assert Script.from_json(json.loads(json.dumps(script.to_json()))) == script
