"""Faxes in real T.30 calls over a real HylaFAX: what becomes of a delivery in each kind of call (SPEC D11, N4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels import fax_server
from distserver.deliver.channels.fax import FaxChannel
from distserver.deliver.channels.fax_place import read_place
from distserver.deliver.contract import (
    Absent,
    Accepted,
    Canceled,
    Completed,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Partial,
    Unknown,
)
from distserver.model.documents import TIFF_F
from distserver.model.states import OutcomeKind, Reason
from tests.support.deliveries import Listener, make_request
from tests.support.fax_broker import run_broker
from tests.support.hylafax import HylaFax, run_hylafax
from tests.support.ippeveprinter import find_port
from tests.support.numbered_faxes import find_numbers, make_fax
from tests.support.rig_fax import DIALLED, NUMBER, make_fax_target
from tests.support.telephone.exchange import CallRecord
from tests.support.telephone.numbers import BUSY, FAX, NO_ANSWER, NO_DIAL_TONE, SILENCE, VOICE, FarEnd

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def hylafax() -> Iterator[HylaFax]:
    with run_hylafax(lines=4) as running:
        yield running


@pytest.fixture
async def channel() -> AsyncIterator[FaxChannel]:
    channel = FaxChannel()
    yield channel
    await channel.close()


class Caller:
    """Makes deliveries to numbers of its own, so that tests do not meet in one number."""

    _last = 1000

    def __init__(self, hylafax: HylaFax, folder: Path) -> None:
        self._hylafax = hylafax
        self._folder = folder

    def take_number(self, *ends: FarEnd) -> str:
        """A number nobody has called yet, where the next calls meet these."""
        Caller._last += 1
        self._hylafax.exchange.say(f"033555{Caller._last}", *ends)
        return f"+8133555{Caller._last}"

    def make(self, number: str, pages: int = 1, first: int = 1, *options: tuple[str, str]) -> DeliveryRequest:
        """A delivery of so many pages."""
        target = make_fax_target(self._hylafax, number, *options)
        return make_request(target, self._folder, make_fax(pages, first), form=TIFF_F, pages=pages)

    def find_calls(self, number: str) -> list[CallRecord]:
        """All calls to the number."""
        dialled = "0" + number.removeprefix("+81")
        return [call for call in self._hylafax.exchange.read_calls() if call.number == dialled]

    def find_left_documents(self) -> list[Path]:
        """What hfaxd keeps of what it was brought, beside what its jobs have."""
        return list(self._hylafax.spool.glob("tmp/doc*"))

    def find_pages(self, number: str) -> list[list[int]]:
        """Which pages each call has brought."""
        return [find_numbers(Path(call.file)) for call in self.find_calls(number) if call.pages]


@pytest.fixture
def caller(hylafax: HylaFax, tmp_path: Path) -> Caller:
    return Caller(hylafax, tmp_path)


async def deliver_again(channel: FaxChannel, request: DeliveryRequest) -> list[Outcome]:
    """As the engine does it, without its waits: until it has ended, asking first where that is in doubt."""
    outcomes: list[Outcome] = []
    name = request.name
    for attempt in range(1, 40):
        listener = Listener()
        outcome = await channel.deliver(replace(request, attempt=attempt), listener.watch)
        outcomes.append(outcome)
        kept = listener.remote_id
        while isinstance(outcome, Deferred) and outcome.reason == Reason.UNCERTAIN:
            await asyncio.sleep(0.5)
            found = await channel.adopt(replace(request, remote_id=kept), Listener().watch)
            assert not isinstance(found, Unknown)
            if isinstance(found, Deferred):
                continue
            if isinstance(found, Absent):
                outcome = Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, kept=found.kept)
            else:
                outcomes.append(found)
                outcome = found
        if not isinstance(outcome, Deferred):
            return outcomes
        if outcome.kind is OutcomeKind.UNREACHABLE:
            await asyncio.sleep(0.5)
        request = replace(request, remote_id=outcome.kept, name=f"{name}.{attempt}")
    raise AssertionError(outcomes)


async def test_call_that_breaks_is_taken_up_at_the_page_that_is_missing(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FarEnd(drops_in_page=3), FAX)
    listener = Listener()
    request = caller.make(number, 5)
    broken = await channel.deliver(request, listener.watch)
    assert isinstance(broken, Deferred)
    assert (broken.kind, broken.reason) == (OutcomeKind.LINE_BROKE, Reason.LINE_BROKE)
    assert listener.heard[-1].pages == 2
    listener = Listener()
    rest = await channel.deliver(replace(request, remote_id=broken.kept, name="ds-rest"), listener.watch)
    assert isinstance(rest, Completed)
    assert rest.pages == 5
    assert caller.find_pages(number) == [[1, 2], [3, 4, 5]]
    assert [said.pages for said in listener.heard if said.pages] == sorted(
        said.pages for said in listener.heard if said.pages
    )


async def test_receipt_has_the_evidence_of_the_call(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FAX)
    done = await channel.deliver(caller.make(number, 2), Listener().watch)
    assert isinstance(done, Completed)
    assert done.reason is Reason.FAXED
    dialled = "0" + number.removeprefix("+81")
    assert f"CSI {dialled}, 14400 bit/s, ECM, 2-D MMR, 2 pages in 0:00:0" in done.message


@pytest.mark.parametrize("speed", [9600, 4800])
async def test_far_end_without_error_correction(channel: FaxChannel, caller: Caller, speed: int) -> None:
    number = caller.take_number(FarEnd(speed=speed, error_correction=False))
    done = await channel.deliver(caller.make(number, 2), Listener().watch)
    assert isinstance(done, Completed)
    assert f"{speed} bit/s, no ECM" in done.message
    (call,) = caller.find_calls(number)
    assert (call.speed, call.error_correction) == (speed, False)
    assert caller.find_pages(number) == [[1, 2]]


@pytest.mark.parametrize(
    ("end", "kind", "reason"),
    [
        (BUSY, OutcomeKind.LINE_BUSY, Reason.LINE_BUSY),
        (NO_ANSWER, OutcomeKind.NO_ANSWER, Reason.NO_ANSWER),
        (NO_DIAL_TONE, OutcomeKind.NO_DIAL_TONE, Reason.NO_DIAL_TONE),
        (SILENCE, OutcomeKind.NO_CARRIER, Reason.NO_CARRIER),
        (VOICE, OutcomeKind.NO_CARRIER, Reason.NO_CARRIER),
        (FarEnd(clean=0), OutcomeKind.TRAINING_FAILED, Reason.TRAINING_FAILED),
        (FarEnd(drops_in_page=1), OutcomeKind.LINE_BROKE, Reason.LINE_BROKE),
    ],
)
async def test_each_failure_has_its_own_rule(
    channel: FaxChannel, caller: Caller, end: FarEnd, kind: OutcomeKind, reason: Reason
) -> None:
    """And the next call, to the same far end in better health, brings everything."""
    number = caller.take_number(end, FAX)
    request = caller.make(number, 2)
    first = await channel.deliver(request, Listener().watch)
    assert isinstance(first, Deferred)
    assert (first.kind, first.reason) == (kind, reason)
    second = await channel.deliver(replace(request, remote_id=first.kept, name="ds-second"), Listener().watch)
    assert isinstance(second, Completed)
    assert caller.find_pages(number) == [[1, 2]]


async def test_jobs_to_one_number_ride_one_call(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FAX)
    requests = [caller.make(number, 2, 1), caller.make(number, 1, 7)]
    outcomes = await asyncio.gather(*(channel.deliver(one, Listener().watch) for one in requests))
    assert [one.pages for one in outcomes if isinstance(one, Completed)] == [2, 1], outcomes
    assert len(caller.find_calls(number)) == 1
    assert sorted(caller.find_pages(number)[0]) == [1, 2, 7]


async def test_more_jobs_than_hylafax_keeps_in_mind_are_handed_over_whole(channel: FaxChannel, caller: Caller) -> None:
    """hfaxd forgets jobs that are not let run yet, from the tenth on; none is in doubt afterwards."""
    others = [caller.take_number(FAX) for _ in range(12)]
    number = caller.take_number(FAX)
    pages = [*range(1, 8), *range(1, 8)]
    requests = [caller.make(other) for other in others] + [caller.make(number, 1, page) for page in pages]
    ends = await asyncio.gather(*(deliver_again(channel, one) for one in requests))
    assert all(isinstance(outcomes[-1], Completed) for outcomes in ends), ends
    assert not [one for outcomes in ends for one in outcomes[:-1] if _in_doubt(one)]
    assert sorted(page for brought in caller.find_pages(number) for page in brought) == sorted(pages)


def _in_doubt(outcome: Outcome) -> bool:
    return isinstance(outcome, Deferred) and outcome.reason == Reason.UNCERTAIN


async def test_job_behind_one_whose_call_broke_is_not_lost(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FarEnd(drops_in_page=2), FAX)
    requests = [caller.make(number, 2, 1), caller.make(number, 2, 7)]
    ends = await asyncio.gather(*(deliver_again(channel, one) for one in requests))
    assert all(isinstance(outcomes[-1], Completed) for outcomes in ends)
    assert sorted(page for pages in caller.find_pages(number) for page in pages) == [1, 2, 7, 8]


async def test_earlier_call_is_not_taken_for_the_one_that_a_crash_prevented(
    channel: FaxChannel, caller: Caller
) -> None:
    """Its pages would count twice, and two would be missing on the paper."""
    request = caller.make(caller.take_number(FarEnd(drops_in_page=3)), 4)
    broken = await channel.deliver(request, Listener().watch)
    assert isinstance(broken, Deferred)
    place = read_place(broken.kept)
    assert place.done == 2
    server = dict(request.target.options)["server"].removeprefix("hylafax://")
    begun = replace(place, server=server, made=int(time.time() * 1000))
    found = await channel.adopt(replace(request, remote_id=str(begun)), Listener().watch)
    assert found == Absent(str(place))


async def test_page_that_fails_three_times_is_given_up(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FarEnd(drops_in_page=2), FarEnd(drops_in_page=1))
    outcomes = await deliver_again(channel, caller.make(number, 3))
    assert [type(one) for one in outcomes] == [Deferred, Deferred, Partial]
    assert outcomes[-1] == replace(outcomes[-1], pages=1, reason=Reason.SAME_PAGE)  # type: ignore[arg-type]


async def test_what_failed_for_its_speed_begins_slower_next_time(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FarEnd(clean=0), FarEnd(clean=9600))
    listener = Listener()
    request = caller.make(number, 1)
    failed = await channel.deliver(request, listener.watch)
    assert isinstance(failed, Deferred)
    learnt = next(said.learnt for said in reversed(listener.heard) if said.learnt)
    assert learnt.startswith("speed=9600 ")
    again = replace(request, name="ds-slower", target=replace(request.target, learnt=learnt))
    done = await channel.deliver(again, Listener().watch)
    assert isinstance(done, Completed)
    assert "9600 bit/s" in done.message


async def test_document_of_which_the_server_is_rid_goes_over_the_line(
    channel: FaxChannel, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fax_server, "MOST_DOCUMENTS", 0)
    numbers = [caller.take_number(FarEnd(drops_in_page=2), FAX), caller.take_number(FAX)]
    requests = [caller.make(number, 2, 1) for number in numbers]
    for outcomes in await asyncio.gather(*(deliver_again(channel, request) for request in requests)):
        assert isinstance(outcomes[-1], Completed)
    assert [caller.find_pages(number) for number in numbers] == [[[1], [2]], [[1, 2]]]
    async with asyncio.timeout(60):
        while caller.find_left_documents():  # hfaxd has not seen yet that the session has ended
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "sender",
    [
        "報" * 165 + " JPARM DIALSTRING 0335559999 ",
        '"' * 255,
        '" \r\nJPARM DIALSTRING "0335559999',
        " \u2028",
        "tail\\",
        "",
    ],
)
async def test_name_of_a_sender_is_no_command(channel: FaxChannel, caller: Caller, sender: str) -> None:
    number = caller.take_number(FAX)
    request = replace(caller.make(number, 1), sender=sender)
    assert isinstance(await channel.deliver(request, Listener().watch), Completed)
    assert caller.find_pages(number) == [[1]]
    assert caller.find_calls("+81335559999") == []


async def test_canceled_call_is_ended(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FarEnd(speed=4800, error_correction=False))
    listener = Listener()
    delivery = asyncio.create_task(channel.deliver(caller.make(number, 9), listener.watch))
    await listener.wait_for_reason("job-outgoing")
    listener.canceled.set()
    outcome = await delivery
    assert isinstance(outcome, Canceled), outcome
    assert outcome.pages is not None
    assert outcome.pages < 9


async def test_next_server_is_asked_where_the_first_does_not_answer(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FAX)
    request = caller.make(number, 1)
    servers = f"hylafax://127.0.0.1:{find_port()},{dict(request.target.options)['server']}"
    target = replace(request.target, options=(("server", servers),))
    assert isinstance(await channel.deliver(replace(request, target=target), Listener().watch), Completed)


async def test_number_that_cannot_be_dialled_fails_with_words(channel: FaxChannel, caller: Caller) -> None:
    outcome = await channel.deliver(caller.make("+999123"), Listener().watch)
    assert isinstance(outcome, Failed)
    assert outcome.reason == Reason.NUMBER


STEPS = ["NOOP", "FORM", "STOT", "JNEW", "JPARM JOBINFO", "JPARM DOCUMENT", "JSUBM", "LIST sendq", "LIST doneq", "RETR"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_server_that_dies_at_any_step_brings_every_page_once(
    hylafax: HylaFax, channel: FaxChannel, caller: Caller, step: str, before: bool
) -> None:
    number = caller.take_number(FAX)
    request = caller.make(number, 2)
    async with run_broker(hylafax, step, before=before) as broker:
        target = replace(request.target, options=(("server", broker.server),))
        outcomes = await deliver_again(channel, replace(request, target=target))
        await channel.close()
    assert broker.struck
    assert isinstance(outcomes[-1], Completed)
    assert caller.find_pages(number) == [[1, 2]]
    assert hylafax.find_waiting(number) == []  # nothing is left that would be sent when the scheduler starts anew


async def test_forty_numbers_over_four_lines_with_every_failure_once(channel: FaxChannel, caller: Caller) -> None:
    failures = [BUSY, NO_ANSWER, NO_DIAL_TONE, SILENCE, VOICE, FarEnd(clean=0), FarEnd(drops_in_page=2)]
    far = [FarEnd(speed=9600, error_correction=False), FarEnd(speed=4800, error_correction=False)]
    numbers = [caller.take_number(failure, FAX) for failure in failures]
    numbers += [caller.take_number(end) for end in far]
    numbers += [caller.take_number(FAX) for _ in range(40 - len(numbers))]
    ends = await asyncio.gather(*(deliver_again(channel, caller.make(number, 2)) for number in numbers))
    assert all(isinstance(outcomes[-1], Completed) for outcomes in ends)
    for number in numbers:
        assert [page for pages in caller.find_pages(number) for page in pages] == [1, 2]
    calls = [call for number in numbers for call in caller.find_calls(number)]
    assert len(calls) == 40 + len(failures)
    assert max(sum(one.began <= call.began < one.ended for one in calls) for call in calls) <= 4


async def test_one_call_at_a_time_to_a_number(channel: FaxChannel, caller: Caller) -> None:
    number = caller.take_number(FAX)
    requests = [caller.make(number, 1, first) for first in (1, 2, 3)]

    async def deliver_late(request: DeliveryRequest, seconds: float) -> Outcome:
        await asyncio.sleep(seconds)
        return await channel.deliver(request, Listener().watch)

    outcomes = await asyncio.gather(*(deliver_late(one, late) for one, late in zip(requests, (0, 1, 3), strict=True)))
    assert all(isinstance(one, Completed) for one in outcomes), outcomes
    calls = caller.find_calls(number)
    assert all(call.how == "hang-up" for call in calls)  # a second call at the same time would have met a busy signal


def test_numbers_of_the_contract_suite() -> None:
    """The suite over all channels dials what it says."""
    assert NUMBER.removeprefix("+81") == DIALLED.removeprefix("0")


@pytest.mark.parametrize(("end", "kind"), [(FAX, None), (FarEnd(clean=0), OutcomeKind.TRAINING_FAILED)])
async def test_call_that_outlasts_the_patience_of_a_worker_is_followed(
    channel: FaxChannel, caller: Caller, end: FarEnd, kind: OutcomeKind | None
) -> None:
    """Its end is that of any other call, also when it has brought nothing."""
    request = caller.make(caller.take_number(end), 2)
    short = replace(request.target, timeouts=replace(request.target.timeouts, follow=0.0))
    accepted = await channel.deliver(replace(request, target=short), Listener().watch)
    assert isinstance(accepted, Accepted)
    assert accepted.follow
    ended = await channel.follow(replace(request, remote_id=accepted.remote_id), Listener().watch)
    if kind is None:
        assert isinstance(ended, Completed)
    else:
        assert isinstance(ended, Deferred)
        assert (ended.kind, ended.kept is None) == (kind, False)


async def test_job_that_the_server_has_lost_is_in_doubt(channel: FaxChannel, caller: Caller) -> None:
    request = caller.make(caller.take_number(FAX), 1)
    place = f"{dict(request.target.options)['server'].removeprefix('hylafax://')} 31999 done=0 stuck=0 made=1"
    lost = await channel.follow(replace(request, remote_id=place), Listener().watch)
    assert isinstance(lost, Deferred)
    assert lost.reason == Reason.UNCERTAIN
    assert isinstance(await channel.adopt(replace(request, remote_id=place), Listener().watch), Unknown)
