"""Jobs on their way to a HylaFAX server: what happens between making one and letting it run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels.fax import FaxChannel
from distserver.deliver.channels.fax_order import FaxOrder
from distserver.deliver.channels.fax_place import FaxPlace, read_place
from distserver.deliver.channels.fax_server import FaxServer
from distserver.deliver.contract import Completed, Deferred, DeliveryRequest, Target, Timeouts
from distserver.model.address import parse_address
from distserver.model.documents import TIFF_F
from distserver.model.states import Reason
from distwire.hylafax import HylaFaxLost, HylaFaxRefused, JobTicket
from tests.support.deliveries import Listener, make_request
from tests.support.numbered_faxes import make_fax
from tests.support.scripted_hfaxd import ScriptedHfaxd, drink, run_scripted

NUMBER = "0335550100"


@pytest.fixture
def fax(tmp_path: Path) -> Path:
    path = tmp_path / "fax.tif"
    path.write_bytes(make_fax(1))
    return path


def make_order(source: Path, may_go: Callable[[], bool] = lambda: True, number: str = NUMBER) -> FaxOrder:
    return FaxOrder(number, source, 0, lambda name: JobTicket("ds-1", number, number, "x", (name,)), may_go)


async def hand_over(server: FaxServer, order: FaxOrder) -> int | None:
    async with server.hand_over(order):
        return order.job


def connect(scripted: ScriptedHfaxd) -> FaxServer:
    return FaxServer(scripted.login())


async def test_job_that_may_not_go_any_more_is_not_let_run(fax: Path) -> None:
    """While documents of other jobs were brought, another worker has taken it over, or it was canceled."""
    answers = iter((True, False))
    async with run_scripted({}) as scripted:
        server = connect(scripted)
        assert await hand_over(server, make_order(fax, lambda: next(answers))) is None
        assert not scripted.told("JSUBM")
        assert scripted.told("JDELE") == ["JDELE 7"]
        await server.close()


async def test_job_that_is_refused_is_not_left_at_the_server(fax: Path) -> None:
    async with run_scripted({"JPARM DIALSTRING": "504 Not acceptable."}) as scripted:
        server = connect(scripted)
        with pytest.raises(HylaFaxRefused, match="Not acceptable"):
            await hand_over(server, make_order(fax))
        assert scripted.told("JDELE") == ["JDELE 7"]
        await server.close()


async def test_fault_in_one_job_reaches_all_that_wait_with_it(fax: Path) -> None:
    """Who waits hears what went wrong, and is not taken for ended."""

    def fail(_name: str) -> JobTicket:
        raise LookupError("a fault of ours")

    async with run_scripted({}) as scripted:
        server = connect(scripted)
        bad = FaxOrder(NUMBER, fax, 0, fail, lambda: True)
        said = await asyncio.gather(hand_over(server, bad), hand_over(server, make_order(fax)), return_exceptions=True)
        assert [type(one) for one in said] == [LookupError, LookupError]
        assert await hand_over(server, make_order(fax)) == 7
        await server.close()


async def test_number_can_be_called_after_its_hand_over_was_ended_at_once(fax: Path) -> None:
    async with run_scripted({}) as scripted:
        server = connect(scripted)
        waiting = asyncio.create_task(hand_over(server, make_order(fax)))
        await asyncio.sleep(0)
        await server.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(60):
            assert await hand_over(server, make_order(fax)) == 7
        await server.close()


def make_delivery(scripted: ScriptedHfaxd, folder: Path, pages: int) -> DeliveryRequest:
    address = parse_address(f"tel:+81{NUMBER[1:]}")
    options = (("server", f"hylafax://127.0.0.1:{scripted.port}"),)
    times = Timeouts(connect=60, first_byte=60, idle=60, follow=120)
    target = Target(address, "Branch", options=options, timeouts=times, country="JP")
    return make_request(target, folder, make_fax(pages), form=TIFF_F, pages=pages)


async def test_pages_that_were_all_confirmed_need_no_call(tmp_path: Path) -> None:
    """The last call brought the last page and was not known to have ended; the server's log of calls has told so."""
    async with run_scripted({}) as scripted:
        channel = FaxChannel()
        request = make_delivery(scripted, tmp_path, 2)
        kept = str(FaxPlace(done=2))
        outcome = await channel.deliver(replace(request, remote_id=kept), Listener().watch)
        assert outcome == Completed(2, kept, "all pages were confirmed in earlier calls", Reason.FAXED)
        assert not scripted.told("JNEW")
        await channel.close()


async def test_server_that_counts_more_pages_than_there_are_is_not_believed(tmp_path: Path) -> None:
    async with run_scripted({}) as scripted:

        async def tell_of_the_job(command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if command == "LIST doneq":
                tag = scripted.told("JPARM JOBINFO")[-1].split('"')[1]
                writer.write(f"7|F|999|2|1|1|+81|000000001|{tag}|No response to PPS\r\n".encode())
            elif command.startswith("STOT"):
                await drink(command, reader, writer)

        scripted.carry = tell_of_the_job
        channel = FaxChannel()
        outcome = await channel.deliver(make_delivery(scripted, tmp_path, 2), Listener().watch)
        assert isinstance(outcome, Deferred)
        assert read_place(outcome.kept).done == 2
        await channel.close()


async def test_silent_server_is_waited_for_once_by_all(fax: Path) -> None:
    """So that all of them go to the next server after a minute, and not one after the other."""

    async def say_nothing(command: str) -> None:
        if command == "NOOP":
            await asyncio.sleep(600)

    async with run_scripted({}) as scripted:
        scripted.hear = say_nothing
        server = FaxServer(scripted.login(idle=3.0))
        said = await asyncio.gather(*(server.knock() for _ in range(20)), return_exceptions=True)
        assert all(isinstance(one, HylaFaxLost) for one in said)
        assert len(scripted.told("NOOP")) == 1
        scripted.hear = None
        await server.knock()
        await server.close()


async def test_server_that_cannot_tell_anything_is_not_waited_for() -> None:
    """A firewall lets no connection of hfaxd's own through, or it refuses to tell."""
    async with run_scripted({"SITE TRIGGER": "504 Not allowed."}) as scripted:
        server = FaxServer(replace(scripted.login(), connect=600.0))
        async with asyncio.timeout(60):
            await server.start_hearing()
            await server.start_hearing()
        await server.close()
