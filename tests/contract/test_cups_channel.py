"""What is particular to CUPS queues; the rest is in the suite over all channels (SPEC D11, D15, N4)."""

from __future__ import annotations

import asyncio
import builtins
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from distserver.deliver.channels.cups import LACKING, CupsChannel
from distserver.deliver.channels.cups_place import Place, Server, find_place, read_place
from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import Absent, Completed, Deferred, Failed, Target, Timeouts, Unknown
from distserver.errors import DeliveryError
from distserver.model.address import parse_address
from distserver.model.capabilities import Capabilities
from distserver.model.documents import ColorMode, PrintOptions, Sides
from distserver.model.states import OutcomeKind, Reason
from distserver.plan.hindrance import hinders
from tests.support.cupsd import CupsQueue, CupsServer, run_cups_server
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.fake_printer import run_fake_printer
from tests.support.growing import GrowingFile
from tests.support.ippeveprinter import run_eve_printer
from tests.support.rigs import PATIENT, make_target


@pytest.fixture(scope="module")
def server() -> Iterator[CupsServer]:
    pytest.importorskip("cups", reason=LACKING)
    with run_cups_server() as server:
        yield server


@pytest.fixture(scope="module")
def queue(server: CupsServer) -> CupsQueue:
    return server.add_queue("Branch-7")


@pytest.fixture
async def channel() -> AsyncIterator[CupsChannel]:
    channel = CupsChannel(IppChannel)
    yield channel
    await channel.close()


class Growing(GrowingFile):
    """As the renderer's growth, which also tells why it failed."""

    failure: Exception | None = None


def at_socket(server: CupsServer, queue: CupsQueue) -> Target:
    return replace(make_target(f"cups:{queue.name}"), options=(("server", str(server.socket)),))


@pytest.mark.real
async def test_socket_of_the_line_is_used(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    """`server=` in the group file names the socket."""
    before = len(queue.list_jobs())
    outcome = await channel.deliver(make_request(at_socket(server, queue), tmp_path), Listener().watch)
    assert isinstance(outcome, Completed)
    assert outcome.pages == 1
    assert len(queue.list_jobs()) == before + 1


@pytest.mark.real
async def test_markers_of_a_queue_are_its_supplies(server: CupsServer, channel: CupsChannel, tmp_path: Path) -> None:
    """N1: what a backend tells of its printer."""
    queue = server.add_queue("Toner")
    told = ('marker-names="Black cartridge",Waste', "marker-levels=7,-1", "marker-types=toner,waste-toner")
    (queue.folder / "attributes").write_text("\n".join((*told, "marker-colors=#000000,none", "")))
    target = at_socket(server, queue)
    assert isinstance(await channel.deliver(make_request(target, tmp_path), Listener().watch), Completed)
    black, waste = (await channel.describe(target)).supplies
    assert (black.name, black.kind, black.percent, black.is_low) == ("Black cartridge", "toner", 7, True)
    assert (waste.name, waste.percent, waste.waste) == ("Waste", None, True)


@pytest.mark.real
async def test_wishes_reach_the_queue(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    """What the queue offers is asked for; what it does not know is left to it."""
    wishes = PrintOptions(copies=2, sides=Sides.LONG_EDGE, media="iso_a4_210x297mm", color=ColorMode.MONOCHROME)
    request = make_request(at_socket(server, queue), tmp_path, options=wishes)
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Completed)
    options = queue.read_options(queue.list_jobs()[-1]).split()
    assert "print-scaling=fit" in options
    assert "fit-to-page" in options
    assert f"distserver-delivery={request.name}" in options


@pytest.mark.real
async def test_a_job_is_found_by_name_although_cups_hides_names(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    """N4: with JobPrivateValues as Debian has it."""
    target = at_socket(server, queue)
    request = make_request(target, tmp_path)
    await channel.deliver(request, Listener().watch)
    assert isinstance(await channel.adopt(request, Listener().watch), Completed)
    assert isinstance(await channel.adopt(make_request(target, tmp_path), Listener().watch), Absent)


@pytest.mark.real
async def test_a_job_of_another_queue_is_not_ours(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    other = server.add_queue("Other")
    request = make_request(at_socket(server, queue), tmp_path)
    await channel.deliver(request, Listener().watch)
    moved = replace(request, target=at_socket(server, other))
    assert isinstance(await channel.adopt(moved, Listener().watch), Absent)


@pytest.mark.real
async def test_unknown_queue_fails(server: CupsServer, channel: CupsChannel, tmp_path: Path) -> None:
    nowhere = make_target(f"cups:none@127.0.0.1:{server.port}")
    outcome = await channel.deliver(make_request(nowhere, tmp_path), Listener().watch)
    assert isinstance(outcome, Failed)
    assert outcome.reason == Reason.REFUSED


@pytest.mark.real
async def test_a_stopped_queue_waits(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    """Somebody paused the queue: the job waits there, and comes out when it goes on."""
    listener = Listener()
    server.run("cupsdisable", queue.name)
    delivery = asyncio.create_task(channel.deliver(make_request(at_socket(server, queue), tmp_path), listener.watch))
    await listener.wait_for_reason("paused", "printer-stopped")
    server.run("cupsenable", queue.name)
    assert isinstance(await delivery, Completed)


@pytest.mark.real
async def test_a_queue_that_rejects_jobs_is_deferred_and_says_so(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    """`cupsreject`: nothing is sent before it accepts again; a stopped queue on the other hand takes documents."""
    target = at_socket(server, queue)
    server.run("cupsreject", queue.name)
    told = await channel.describe(target)
    outcome = await channel.deliver(make_request(target, tmp_path), Listener().watch)
    server.run("cupsaccept", queue.name)
    assert hinders(told) == Reason.NOT_ACCEPTING
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.BUSY, Reason.NOT_ACCEPTING)
    server.run("cupsdisable", queue.name)
    told = await channel.describe(target)
    server.run("cupsenable", queue.name)
    assert (told.accepting, told.state, hinders(told)) == (True, "stopped", None)
    assert "paused" in told.state_reasons
    assert hinders(await channel.describe(target)) is None


@pytest.mark.real
async def test_without_a_lease_no_document_reaches_the_queue(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    """N4: also when the lease is lost while the call waits for its thread."""
    before = len(queue.list_jobs())
    request = make_request(at_socket(server, queue), tmp_path)
    answers = [True, True, False]
    watch = replace(Listener().watch, may_send=lambda: answers.pop(0) if answers else False)
    outcome = await channel.deliver(request, watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.UNCERTAIN)
    assert len(queue.list_jobs()) == before
    assert isinstance(await channel.adopt(request, Listener().watch), Absent)


@pytest.mark.real
async def test_a_growing_document_reaches_the_queue_whole(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    growing = Growing(tmp_path / "growing")
    request = make_request(at_socket(server, queue), tmp_path)
    request = replace(request, rendition=replace(request.rendition, path=growing.path, size=None, growth=growing))
    delivery = asyncio.create_task(channel.deliver(request, Listener().watch))
    growing.write(document := make_pdf(100_000))
    await growing.wait_until_asked(len(document))
    growing.finish()
    assert isinstance(await delivery, Completed)


@pytest.mark.real
async def test_many_at_once_on_one_server(
    server: CupsServer, queue: CupsQueue, channel: CupsChannel, tmp_path: Path
) -> None:
    before = len(queue.list_jobs())
    requests = [make_request(at_socket(server, queue), tmp_path, make_pdf(200_000)) for _ in range(12)]
    outcomes = await asyncio.gather(*(channel.deliver(request, Listener().watch) for request in requests))
    assert all(isinstance(outcome, Completed) for outcome in outcomes), outcomes
    assert len(queue.list_jobs()) == before + 12


async def _wait_for_model(channel: CupsChannel, target: Target) -> Capabilities:
    """cupsd asks the printer what it is from a thread of its own, after lpadmin has ended."""
    async with asyncio.timeout(60):
        while "Raw" in (capabilities := await channel.describe(target)).make_and_model:
            await asyncio.sleep(0.1)
    return capabilities


@pytest.mark.real
async def test_a_driverless_queue_prints_through_the_filters_of_cups(
    server: CupsServer, channel: CupsChannel, tmp_path: Path
) -> None:
    """The usual case on Debian: the queue of an IPP Everywhere printer, whose PDF CUPS prepares."""
    with run_eve_printer(tmp_path) as printer:
        server.run("lpadmin", "-p", "Driverless", "-E", "-v", printer.uri, "-m", "everywhere")
        target = make_target(f"cups:Driverless@127.0.0.1:{server.port}", replace(PATIENT, follow=120))
        capabilities = await _wait_for_model(channel, target)
        assert "application/pdf" in capabilities.formats
        assert capabilities.sides == (Sides.ONE_SIDED,)
        assert any(name.startswith("iso_a4") for name in capabilities.media)
        outcome = await channel.deliver(make_request(target, tmp_path), Listener().watch)
        assert isinstance(outcome, Completed), outcome
        assert len(printer.read_documents()) == 1
        server.run("lpadmin", "-x", "Driverless")


async def test_a_server_that_says_nothing_is_given_up(channel: CupsChannel, tmp_path: Path) -> None:
    """The thread that hangs is left to itself, and holds up nobody."""
    pytest.importorskip("cups", reason=LACKING)
    open_writers: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _reader, writer: open_writers.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    target = make_target(f"cups:x@127.0.0.1:{port}", Timeouts(connect=30, first_byte=0.3, idle=0.3, follow=5))
    outcome = await channel.deliver(make_request(target, tmp_path), Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.reason == Reason.TIMED_OUT
    for writer in open_writers:
        writer.close()
    silent.close()
    await silent.wait_closed()


async def test_a_password_is_given_when_asked_for(channel: CupsChannel) -> None:
    pytest.importorskip("cups", reason=LACKING)
    async with run_fake_printer() as printer:
        printer.challenge = 'Basic realm="CUPS"'
        target = make_target(f"cups:x@127.0.0.1:{printer.port}")
        with pytest.raises(DeliveryError) as caught:
            await channel.describe(target)
        assert caught.value.reason == Reason.UNAUTHORIZED
        capabilities = await channel.describe(replace(target, user="branch", secret="word"))
        assert "application/pdf" in capabilities.formats


async def test_without_pycups_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "distserver.deliver.channels.cups_client", raising=False)
    monkeypatch.delitem(sys.modules, "distserver.deliver.channels.cups_threads", raising=False)
    monkeypatch.delitem(sys.modules, "cups", raising=False)
    real = builtins.__import__

    def without(name: str, *args: object, **more: object) -> ModuleType:
        if name == "cups":
            raise ModuleNotFoundError("No module named 'cups'", name="cups")
        return real(name, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    channel = CupsChannel(IppChannel)
    request = make_request(Target(parse_address("cups:x"), "x"), tmp_path)
    outcome = await channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Failed)
    assert outcome.reason == Reason.CHANNEL_UNAVAILABLE
    assert "pip install" in outcome.message
    assert isinstance(await channel.adopt(request, Listener().watch), Unknown)
    assert isinstance(await channel.follow(request, Listener().watch), Deferred)
    with pytest.raises(DeliveryError, match="pip install"):
        await channel.describe(request.target)
    await channel.close()


@pytest.mark.parametrize(
    ("address", "options", "place"),
    [
        ("cups:Office", (), Place("Office")),
        ("cups:Office@print.example.org", (), Place("Office", "print.example.org")),
        ("cups:Office@[2001:db8::1]:8631", (), Place("Office", "2001:db8::1", 8631)),
        ("cups:a+b%c", (("server", "/run/a b.sock"),), Place("a+b%c", "/run/a b.sock")),
        ("cups:印刷@h", (("tls", "verify"),), Place("印刷", "h", encrypted=True)),
    ],
)
def test_places(address: str, options: tuple[tuple[str, str], ...], place: Place) -> None:
    assert find_place(parse_address(address).uri, options) == place
    assert read_place(place.to_uri()) == place


def test_names_of_servers_are_those_of_libcups() -> None:
    assert Server("h", 631).name == "h:631"
    assert Server("2001:db8::1", 8631).name == "[2001:db8::1]:8631"
    assert Server("/run/cups.sock").name == "/run/cups.sock"
