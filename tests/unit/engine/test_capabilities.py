"""What devices say of themselves, kept for a while (D11)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.engine.capabilities import CapabilityCache, capabilities_from_json, capabilities_to_json
from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import Sides
from distserver.model.jobs import KnownDevice
from distserver.model.states import OutcomeKind, Reason
from distserver.model.supplies import Alert, Supply, Tray

WORDS = st.lists(st.text(max_size=20), max_size=4).map(tuple)
LEFT = st.none() | st.integers(0, 100)
DPI = st.tuples(st.integers(1, 2400), st.integers(1, 2400))
ANY = st.builds(
    Capabilities,
    formats=WORDS,
    default_format=st.none() | st.text(),
    pwg_types=WORDS,
    pwg_resolutions=st.lists(DPI, max_size=3).map(tuple),
    sheet_back=st.text(),
    urf=WORDS,
    resolutions=st.lists(DPI, max_size=3).map(tuple),
    resolution_default=st.none() | DPI,
    sides=st.lists(st.sampled_from(Sides), max_size=3).map(tuple),
    sides_default=st.none() | st.sampled_from(Sides),
    color=st.none() | st.booleans(),
    media=WORDS,
    media_ready=WORDS,
    media_default=st.none() | st.text(),
    media_sizes=st.dictionaries(st.text(), st.tuples(st.integers(), st.integers()), max_size=3),
    copies_max=st.integers(1, 999),
    print_scaling=WORDS,
    compression=WORDS,
    operations=st.frozensets(st.integers(0, 0xFFFF), max_size=5),
    accepting=st.booleans(),
    state=st.text(),
    state_reasons=WORDS,
    make_and_model=st.text(),
    uuid=st.none() | st.text(),
    max_octets=st.none() | st.integers(0, 2**40),
    mark=st.text(),
    supplies=st.lists(st.builds(Supply, st.text(), st.text(), st.text(), LEFT, st.booleans()), max_size=3).map(tuple),
    trays=st.lists(st.builds(Tray, st.text(), LEFT, LEFT), max_size=3).map(tuple),
    alerts=st.lists(st.builds(Alert, st.text(), st.text(), st.text()), max_size=3).map(tuple),
    qualities=st.lists(st.integers(3, 5), max_size=3).map(tuple),
)


@given(ANY)
def test_what_is_kept_is_what_was_said(said: Capabilities) -> None:
    assert capabilities_from_json(capabilities_to_json(said)) == said


def test_fields_of_another_version_are_passed_over() -> None:
    assert capabilities_from_json('{"formats": ["a/b"], "scent": "lavender"}') == Capabilities(formats=("a/b",))


class Device:
    """Answers when it is let; `kept` is what went to the database."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.kept: list[tuple[str, dict[str, Any]]] = []
        self.asked = 0
        self.given: list[Capabilities | None] = []
        self.answer: Capabilities | DeliveryError = Capabilities(formats=("application/pdf",))
        self.cache = CapabilityCache(300.0, lambda: self.now, lambda uri, columns: self.kept.append((uri, columns)))

    async def describe(self, known: Capabilities | None) -> Capabilities:
        self.asked += 1
        self.given.append(known)
        await asyncio.sleep(0.01)
        if isinstance(self.answer, DeliveryError):
            raise self.answer
        return known if known == self.answer else self.answer

    async def ask(self) -> Capabilities:
        return await self.cache.ask("ipp://a/", self.describe)


async def test_many_who_want_to_know_at_once_ask_once() -> None:
    device = Device()
    found = await asyncio.gather(*(device.ask() for _ in range(50)))
    assert (device.asked, set(map(id, found))) == (1, {id(device.answer)})
    assert device.cache.recall("ipp://a/", None) == device.answer


async def test_one_who_goes_away_does_not_take_the_answer_from_the_others() -> None:
    device = Device()
    first = asyncio.create_task(device.ask())
    await asyncio.sleep(0)
    second = asyncio.create_task(device.ask())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == device.answer


async def test_an_error_is_told_to_all_and_believed_by_none() -> None:
    device = Device()
    device.answer = DeliveryError("off", OutcomeKind.UNREACHABLE, Reason.UNREACHABLE)
    found = await asyncio.gather(*(device.ask() for _ in range(3)), return_exceptions=True)
    assert found == [device.answer] * 3
    assert (device.cache.recall("ipp://a/", None), device.kept) == (None, [])


async def test_what_is_old_is_not_believed_whoever_kept_it() -> None:
    device = Device()
    await device.ask()
    kept = KnownDevice(device.kept[0][1]["capabilities"], device.kept[0][1]["capabilities_at"])
    fresh = Device()
    assert fresh.cache.recall("ipp://a/", kept) == device.answer
    fresh.now += 301
    assert fresh.cache.recall("ipp://a/", kept) is None
    fresh.now -= 1000  # the clock was set back: nobody knows how old it is
    assert fresh.cache.recall("ipp://a/", kept) is None


async def test_it_is_written_when_it_changes_or_has_aged_and_not_at_each_question() -> None:
    device = Device()
    for _ in range(5):
        await device.ask()
    assert len(device.kept) == 1
    device.now += 151
    await device.ask()
    assert len(device.kept) == 2
    device.answer = Capabilities(formats=("image/urf",))
    await device.ask()
    assert len(device.kept) == 3


async def test_what_behaved_unlike_its_words_is_asked_again() -> None:
    device = Device()
    await device.ask()
    kept = KnownDevice(device.kept[0][1]["capabilities"], device.now)
    device.now += 1
    device.cache.forget("ipp://a/")
    assert device.cache.recall("ipp://a/", kept) is None  # whatever a claim has read before
    assert device.kept[-1] == ("ipp://a/", {"capabilities": None, "capabilities_at": device.now})
    await device.ask()
    assert device.given == [None, None]


async def test_what_has_aged_is_asked_whether_it_still_is_so_and_after_a_day_for_all() -> None:
    device = Device()
    first = await device.ask()
    for _ in range(300):
        device.now += 301
        assert device.cache.recall("ipp://a/", None) is None
        assert await device.ask() is first or device.given[-1] is None
    assert [at for at, given in enumerate(device.given) if given is None] == [0, 288]
    assert device.cache.recall("ipp://a/", None) == first


async def test_when_all_was_asked_for_is_known_after_a_restart() -> None:
    device, later = Device(), Device()
    await device.ask()
    device.now += 80_000
    await device.ask()
    kept = KnownDevice(device.kept[-1][1]["capabilities"], device.now)
    later.now = device.now + 200
    assert later.cache.recall("ipp://a/", kept) == device.answer
    later.now += 10_000
    await later.ask()
    assert later.given == [None]


@pytest.mark.parametrize("kept", [None, KnownDevice(None, 0.0, frozenset(("application/pdf",)))])
def test_of_an_unknown_device_nothing_is_known(kept: KnownDevice | None) -> None:
    assert Device().cache.recall("ipp://a/", kept) is None
