"""Letters of PCs in the real store (SPEC D14, N4): of storing and withdrawing one wins, whatever happens at once."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.contract import Accepted, Canceled, Completed, Deferred, Timeouts
from distserver.errors import BadRequest, Conflict, NotFound
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.model.letters import LetterAct, LetterState
from distserver.model.states import OutcomeKind, Reason
from distserver.store import lanes, letters
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.rig_pc import PC, InSpool, Office, run_office
from tests.support.rigs import make_target

OTHER = Actor("pc:other", Role.DEVICE)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with run_office(tmp_path) as office:
        yield office


async def _offer(office: Office, tmp_path: Path, follow: float = 30.0) -> tuple[asyncio.Task[object], Listener, str]:
    office.letters.collect(PC, 0.0)
    listener = Listener()
    request = make_request(make_target(PC.name, Timeouts(follow=follow)), tmp_path)
    task: asyncio.Task[object] = asyncio.create_task(InSpool(office).deliver(request, listener.watch))
    while not office.letters.collect(PC, 0.0).letters and not task.done():
        await asyncio.sleep(0.02)
    return task, listener, request.name


async def test_a_pc_that_is_away_is_offered_nothing(office: Office, tmp_path: Path) -> None:
    request = make_request(make_target(PC.name), tmp_path)
    outcome = await InSpool(office).deliver(request, Listener().watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNREACHABLE, Reason.PC_NEVER_CAME)
    assert await office.mailbox.find(request.name) is None


async def test_a_letter_not_taken_is_withdrawn_and_cannot_be_stored_any_more(office: Office, tmp_path: Path) -> None:
    task, _, name = await _offer(office, tmp_path, follow=1.0)
    outcome = await task
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNREACHABLE, Reason.PC_AWAY)
    with pytest.raises(Conflict):
        office.letters.store(PC, name, hashlib.sha256(make_pdf()).hexdigest(), 1.0)


async def test_a_letter_being_fetched_is_not_withdrawn(office: Office, tmp_path: Path) -> None:
    task, _, name = await _offer(office, tmp_path, follow=10.0)
    office.letters.locate(office.letters.find(PC, name), office.mailbox.now())
    outcome = await task
    assert isinstance(outcome, Accepted)
    assert outcome.follow


async def test_cancel_withdraws(office: Office, tmp_path: Path) -> None:
    task, listener, name = await _offer(office, tmp_path)
    listener.canceled.set()
    assert isinstance(await task, Canceled)
    with pytest.raises(Conflict):
        office.letters.find(PC, name)


async def test_cancel_after_storing_is_too_late(office: Office, tmp_path: Path) -> None:
    task, listener, name = await _offer(office, tmp_path)
    office.letters.store(PC, name, hashlib.sha256(make_pdf()).hexdigest(), office.mailbox.now())
    listener.canceled.set()
    outcome = await task
    assert isinstance(outcome, Completed)
    assert "SHA-256" in outcome.message


async def test_another_digest_is_refused_and_the_same_is_taken_twice(office: Office, tmp_path: Path) -> None:
    task, _, name = await _offer(office, tmp_path)
    with pytest.raises(BadRequest):
        office.letters.store(PC, name, "0" * 64, 1.0)
    right = hashlib.sha256(make_pdf()).hexdigest()
    first = office.letters.store(PC, name, right, office.mailbox.now())
    assert office.letters.store(PC, name, right, office.mailbox.now() + 5) == first
    assert isinstance(await task, Completed)


async def test_a_pc_sees_its_own_letters_alone(office: Office, tmp_path: Path) -> None:
    task, listener, name = await _offer(office, tmp_path)
    assert office.letters.collect(OTHER, 0.0).letters == []
    with pytest.raises(NotFound):
        office.letters.find(OTHER, name)
    with pytest.raises(NotFound, match="letters are for PCs"):
        office.letters.collect(Actor("ipp://copier/ipp/print", Role.DEVICE), 0.0)
    listener.canceled.set()
    await task


@pytest.mark.parametrize("round_", range(5))
async def test_of_storing_and_withdrawing_one_wins(office: Office, tmp_path: Path, round_: int) -> None:
    del round_
    task, listener, name = await _offer(office, tmp_path)
    told: list[object] = []

    def store() -> None:
        try:
            told.append(office.letters.store(PC, name, hashlib.sha256(make_pdf()).hexdigest(), 5.0).state)
        except Conflict:
            told.append(LetterState.WITHDRAWN)

    thread = threading.Thread(target=store)
    listener.canceled.set()
    thread.start()
    outcome = await task
    await asyncio.to_thread(thread.join)
    assert (told == [LetterState.STORED]) is isinstance(outcome, Completed)
    assert isinstance(outcome, Completed | Canceled)


async def test_a_pc_that_comes_back_opens_its_lane(office: Office) -> None:
    lane = lanes.Lane(PC.name, strikes=9, closed_until=9e9, trouble="pc-away", since=1.0)
    with office.database.begin() as connection:
        lanes.lock_lanes(connection, [PC.name])
        lanes.write_lane(connection, lane)
    office.letters.collect(PC, 0.0)
    with office.database.read() as connection:
        after = lanes.find_lane(connection, PC.name)
    assert after is not None
    assert after.closed_until is not None
    assert after.closed_until < 9e9
    assert office.rings == 1
    office.letters.collect(PC, 0.0)
    assert office.rings == 1


async def test_who_waits_hears_of_a_letter(office: Office, tmp_path: Path) -> None:
    office.letters.collect(PC, 0.0)
    waiting = asyncio.create_task(asyncio.to_thread(office.letters.collect, PC, 25.0))
    await asyncio.sleep(0.2)
    task, listener, name = await _offer(office, tmp_path)
    found = await waiting
    assert [one.letter.name for one in found.letters] == [name]
    listener.canceled.set()
    await task


async def test_reading_is_noted_once(office: Office, tmp_path: Path) -> None:
    task, _, name = await _offer(office, tmp_path)
    office.letters.store(PC, name, hashlib.sha256(make_pdf()).hexdigest(), 5.0)
    await task
    office.letters.note(PC, name, LetterAct.READ, "", 6.0)
    office.letters.note(PC, name, LetterAct.READ, "", 7.0)
    office.letters.note(PC, name, LetterAct.PRINTED, "Office", 8.0)
    with office.database.read() as connection:
        found = letters.find(connection, name)
    assert found is not None
    assert (found.read, found.printed, found.printer) == (6.0, 8.0, "Office")


async def test_a_withdrawn_letter_is_offered_again_under_its_name(office: Office, tmp_path: Path) -> None:
    """N4: the worker died, its successor found the letter withdrawn, and sends under the same name."""
    task, _, name = await _offer(office, tmp_path, follow=1.0)
    await task
    found = await office.mailbox.find(name)
    assert found is not None
    assert found.state is LetterState.WITHDRAWN
    await office.mailbox.put(found.letter)
    office.letters.store(PC, name, found.letter.digest, office.mailbox.now())
    await office.mailbox.put(found.letter)
    again = await office.mailbox.find(name)
    assert again is not None
    assert again.state is LetterState.STORED


async def test_trouble_at_the_pc_puts_the_letter_off(office: Office, tmp_path: Path) -> None:
    task, _, name = await _offer(office, tmp_path)
    office.letters.report_trouble(PC, name, "the disk of the PC is full")
    outcome = await task
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.message) == (OutcomeKind.BUSY, "the disk of the PC is full")
    with pytest.raises(Conflict):
        office.letters.find(PC, name)


async def test_a_worker_that_was_stopped_for_long_withdraws_nothing(office: Office, tmp_path: Path) -> None:
    office.letters.collect(PC, 0.0)
    request = make_request(make_target(PC.name, Timeouts(follow=1.0)), tmp_path)
    watch = replace(Listener().watch, may_send=lambda: False)
    outcome = await InSpool(office).deliver(request, watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.UNCERTAIN)
    found = await office.mailbox.find(request.name)
    assert found is not None
    assert found.state is LetterState.OFFERED


async def test_words_of_a_pc_are_such_as_every_database_takes(office: Office, tmp_path: Path) -> None:
    """PostgreSQL takes no NUL, which JSON brings; and no terminal that shows them does what they tell it."""
    task, _, name = await _offer(office, tmp_path)
    office.letters.report_trouble(PC, name, "the disk \0 is\x1bfull")
    found = await office.mailbox.find(name)
    assert found is not None
    assert found.trouble == "the disk   is full"
    await task
