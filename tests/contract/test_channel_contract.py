"""What every channel promises, held against real and fake destinations alike (SPEC D4, D11, N4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.contract import (
    Absent,
    Accepted,
    Canceled,
    Completed,
    Deferred,
    DeliveryRequest,
    Failed,
    Target,
    Timeouts,
    Unknown,
)
from distserver.errors import DeliveryError
from distserver.model.states import OutcomeKind
from tests.support.deliveries import Listener, make_request
from tests.support.rigs import REAL, RIGS, Rig, rigs_that_can


def over(*abilities: str) -> pytest.MarkDecorator:
    """Run a test over every rig that can do these."""
    names = [pytest.param(name, marks=[pytest.mark.real] if name in REAL else []) for name in rigs_that_can(*abilities)]
    return pytest.mark.parametrize("rig_name", names)


@pytest.fixture
async def rig(rig_name: str, tmp_path: Path) -> AsyncIterator[Rig]:
    folder = tmp_path / "rig"
    folder.mkdir()
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(RIGS[rig_name][1](folder))


def _patient(target: Target) -> Target:
    return replace(target, timeouts=Timeouts(30, 60, 60, 90))


def make(rig: Rig, folder: Path, size: int = 2000, remote_id: str | None = None) -> DeliveryRequest:
    """A delivery to the rig, of a document in its form."""
    return make_request(rig.target, folder, rig.make_document(size), form=rig.form, remote_id=remote_id)


def impatient(rig: Rig) -> Rig:
    """The same rig, whose jobs are followed for two seconds only."""
    rig.target = replace(rig.target, timeouts=replace(rig.target.timeouts, follow=2.0))
    return rig


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)


@over()
async def test_describe_tells_formats(rig: Rig) -> None:
    capabilities = await rig.channel.describe(rig.target)
    assert rig.form in capabilities.formats
    assert capabilities.accepting


@over()
async def test_document_comes_out_byte_for_byte(rig: Rig, tmp_path: Path) -> None:
    """D4, D11: what was sent is what the destination has, once, and the job is known by its id before its end."""
    listener = Listener()
    request = make(rig, tmp_path, 700_000)
    outcome = await rig.channel.deliver(request, listener.watch)
    assert isinstance(outcome, Completed | Accepted), outcome
    await until(lambda: bool(rig.read_printed()))
    (printed,) = rig.read_printed()
    assert rig.is_same(printed, request.rendition.path.read_bytes())
    assert listener.remote_id is not None
    assert listener.heard[0].remote_id is not None


@over()
async def test_mark_is_on_the_disk_before_the_document_leaves(rig: Rig, tmp_path: Path) -> None:
    """N4: `begin` is awaited once, before anything of the document is at the destination."""
    there = []

    async def begin() -> bool:
        await asyncio.sleep(0.1)
        there.append(rig.read_printed())
        return True

    request = make(rig, tmp_path, 700_000)
    await rig.channel.deliver(request, replace(Listener().watch, begin=begin))
    await until(lambda: bool(rig.read_printed()))
    assert there == [[]]


@over()
async def test_nothing_leaves_without_the_mark(rig: Rig, tmp_path: Path) -> None:
    """N4: where the mark cannot be made, another worker has the delivery by now."""

    async def begin() -> bool:
        return False

    outcome = await rig.channel.deliver(make(rig, tmp_path), replace(Listener().watch, begin=begin))
    assert isinstance(outcome, Deferred)
    assert outcome.kind is OutcomeKind.OURS
    await asyncio.sleep(1)
    assert rig.read_printed() == []


@over()
async def test_progress_is_told_only_when_it_changes(rig: Rig, tmp_path: Path) -> None:
    listener = Listener()
    await rig.channel.deliver(make(rig, tmp_path), listener.watch)
    assert all(one != two for one, two in zip(listener.heard, listener.heard[1:], strict=False))


@over()
async def test_nobody_there_is_deferred(rig: Rig, tmp_path: Path) -> None:
    """An address where nobody listens: nothing printed, worth another try, and asking is no proof of absence."""
    nowhere = rig.make_nowhere()
    request = replace(make(rig, tmp_path), target=nowhere)
    outcome = await rig.channel.deliver(request, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.kind is OutcomeKind.UNREACHABLE
    assert isinstance(await rig.channel.adopt(request, Listener().watch), Deferred | Unknown)
    if not rig.is_asked:
        return
    with pytest.raises(DeliveryError) as caught:
        await rig.channel.describe(nowhere)
    assert caught.value.kind is OutcomeKind.UNREACHABLE


@over()
async def test_canceled_before_it_began_sends_nothing(rig: Rig, tmp_path: Path) -> None:
    listener = Listener()
    listener.canceled.set()
    assert isinstance(await rig.channel.deliver(make(rig, tmp_path), listener.watch), Canceled)
    assert rig.read_printed() == []


@over("adopt")
async def test_unknown_name_is_absent(rig: Rig, tmp_path: Path) -> None:
    """N4: a destination that never heard of it says so, and then it is safe to send."""
    assert isinstance(await rig.channel.adopt(make(rig, tmp_path), Listener().watch), Absent)


@over("adopt")
async def test_printed_job_is_adopted_by_id_and_by_name(rig: Rig, tmp_path: Path) -> None:
    """N4: after a crash the finished job is found again, and not sent twice."""
    listener = Listener()
    request = make(rig, tmp_path)
    await rig.channel.deliver(request, listener.watch)
    by_id = await rig.channel.adopt(replace(request, remote_id=listener.remote_id), Listener().watch)
    by_name = await rig.channel.adopt(request, Listener().watch)
    assert isinstance(by_id, Completed)
    assert isinstance(by_name, Completed)
    assert len(rig.read_printed()) == 1


@over("adopt")
async def test_id_of_another_job_is_not_adopted(rig: Rig, tmp_path: Path) -> None:
    """N4: a device that restarted gives old numbers to new jobs; ours is not mistaken for them."""
    listener = Listener()
    await rig.channel.deliver(make(rig, tmp_path), listener.watch)
    other = make(rig, tmp_path, remote_id="1 urn:uuid:11111111-2222-3333-4444-555555555555")
    assert not isinstance(await rig.channel.adopt(other, Listener().watch), Completed)


@over("paper")
async def test_out_of_paper_waits_and_comes_out(rig: Rig, tmp_path: Path) -> None:
    """Waiting for paper is not a failure: it is accepted, the reason is told, and it comes out when there is paper."""
    rig.load_paper(False)
    listener = Listener()
    request = make(impatient(rig), tmp_path)
    outcome = await rig.channel.deliver(request, listener.watch)
    assert isinstance(outcome, Accepted), outcome
    assert outcome.follow
    later = replace(request, remote_id=outcome.remote_id, target=_patient(request.target))
    following = asyncio.create_task(rig.channel.follow(later, listener.watch))
    await listener.wait_for_reason("media-empty")
    rig.load_paper(True)
    assert isinstance(await following, Completed)
    assert len(rig.read_printed()) == 1


@over("paper", "adopt")
async def test_waiting_job_is_adopted_and_not_doubled(rig: Rig, tmp_path: Path) -> None:
    """N4: the worker dies while the device waits for paper; the next one finds the job by name."""
    rig.load_paper(False)
    request = make(impatient(rig), tmp_path)
    assert isinstance(await rig.channel.deliver(request, Listener().watch), Accepted)
    assert isinstance(await rig.channel.adopt(request, Listener().watch), Accepted)
    rig.load_paper(True)
    patient = replace(request, target=_patient(request.target))
    assert isinstance(await rig.channel.adopt(patient, Listener().watch), Completed)
    assert len(rig.read_printed()) == 1


@over("paper", "cancel")
async def test_cancel_reaches_the_device(rig: Rig, tmp_path: Path) -> None:
    rig.load_paper(False)
    listener = Listener()
    delivery = asyncio.create_task(rig.channel.deliver(make(rig, tmp_path), listener.watch))
    await listener.wait_for_reason("media-empty", "printer-stopped")
    listener.canceled.set()
    assert isinstance(await delivery, Canceled)


@over("busy")
async def test_busy_is_deferred(rig: Rig, tmp_path: Path) -> None:
    rig.set_busy(True)
    outcome = await rig.channel.deliver(make(rig, tmp_path), Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.kind is rig.busy_kind
    rig.set_busy(False)
    again = await rig.channel.deliver(make(rig, tmp_path), Listener().watch)
    assert isinstance(again, Completed | Accepted)


@over("refuse")
async def test_refusal_is_failed(rig: Rig, tmp_path: Path) -> None:
    rig.set_refusing(True)
    outcome = await rig.channel.deliver(make(rig, tmp_path), Listener().watch)
    assert isinstance(outcome, Failed)
    assert rig.read_printed() == []
