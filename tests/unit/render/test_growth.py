"""How far a growing file is good: what readers are told, and what is believed of a child (SPEC N2, N4)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.errors import NoSpace
from distserver.model.documents import PDF, PWG_RASTER, RenditionClass
from distserver.render.child import Ending, Track, listen
from distserver.render.growth import GrowingFile
from distserver.render.tasks import (
    ConvertTask,
    Done,
    Fence,
    InputFile,
    InspectTask,
    Progress,
    Task,
    pack_answer,
    pack_progress,
    unpack_progress,
)

FENCE = Fence(1, 2, 60.0, 4, pages=10, pixel_mb=6)
SIZE = 1000
ENDED = json.dumps({"ended": 0, "cpu_seconds": 1.5, "peak_mb": 50}).encode() + b"\n"


def convert(folder: Path, form: str = PWG_RASTER) -> ConvertTask:
    """A task whose output has `SIZE` octets."""
    output = folder / "out"
    output.write_bytes(bytes(SIZE))
    return ConvertTask((InputFile("/a", PDF),), str(output), RenditionClass(form))


def hear(task: Task, *said: bytes) -> tuple[Ending, list[Progress]]:
    """How a child ends that says this, and what was believed."""
    believed: list[Progress] = []
    ours, theirs = socket.socketpair()

    def say() -> None:
        with theirs, contextlib.suppress(BrokenPipeError):
            theirs.sendall(b"".join(said))

    with ours:
        child = threading.Thread(target=say)
        child.start()
        ending = listen(ours, FENCE, Track(task, FENCE, believed.append), time.monotonic())
        child.join()
    return ending, believed


def steps(*octets: int, total: int | None = None) -> list[Progress]:
    """A page for each number."""
    return [Progress(number, total or len(octets), size) for number, size in enumerate(octets, 1)]


async def test_readers_are_told_of_each_step_and_of_the_end():
    growth = GrowingFile(Path("x"), 2)
    growth.advance(Progress(1, 2, 10))
    assert await growth.beyond(0) == 10
    waiting = [asyncio.create_task(growth.beyond(10)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    growth.advance(Progress(2, 2, 25))
    assert await asyncio.gather(*waiting) == [25] * 3
    assert await growth.beyond(25) == 25
    with pytest.raises(OSError, match="ends at 25"):
        await growth.beyond(26)


async def test_a_failure_reaches_who_waits_and_who_comes():
    growth = GrowingFile(Path("x"), 3)
    growth.advance(Progress(1, 3, 10))
    waiting = asyncio.create_task(growth.beyond(10))
    await asyncio.sleep(0)
    assert growth.failure is None
    growth.fail(NoSpace("the disk is full"))
    for asking in (waiting, growth.beyond(0)):
        with pytest.raises(OSError, match="disk is full"):
            await asking
    assert isinstance(growth.failure, NoSpace)


async def test_what_was_read_to_its_end_stays_good():
    """The disk may fail at the very last, when every octet has been read already."""
    growth = GrowingFile(Path("x"), 1)
    growth.advance(Progress(1, 1, 10))
    growth.fail(NoSpace("the disk is full"))
    assert await growth.beyond(10) == 10


def test_a_child_is_believed_page_by_page(tmp_path: Path):
    told = steps(10, 500, SIZE)
    ending, believed = hear(convert(tmp_path), *map(pack_progress, told), pack_answer(Done(3)), ENDED)
    assert believed == told
    assert (ending.answer, ending.exit_code, ending.lied) == (Done(3), 0, False)
    assert (ending.usage.cpu_seconds, ending.usage.peak_mb) == (1.5, 50)


LIES = {
    "more than the file has": steps(SIZE + 1),
    "a page left out": [Progress(2, 3, 10)],
    "the same page again": steps(10, total=3) * 2,
    "fewer octets than before": steps(10, 9),
    "another number of pages": [*steps(10, total=3), Progress(2, 4, 20)],
    "more pages than there may be": steps(10, total=12),
    "a page beyond the last": [Progress(1, 1, 10), Progress(2, 1, 20)],
    "no octets": [Progress(1, 3, 0)],
}


@pytest.mark.parametrize("name", LIES)
def test_a_child_that_says_what_cannot_be_is_stopped(tmp_path: Path, name: str):
    lie = LIES[name]
    ending, believed = hear(convert(tmp_path), *map(pack_progress, lie), pack_answer(Done(3)), ENDED)
    assert ending.lied
    assert ending.answer is None
    assert believed == lie[:-1]


@pytest.mark.parametrize("answer", [Done(2), Done(3)])
def test_an_end_has_to_fit_the_pages_before_it(tmp_path: Path, answer: Done):
    ending, _ = hear(convert(tmp_path), *map(pack_progress, steps(10, 20)), pack_answer(answer), ENDED)
    assert ending.lied  # the file is longer, or there is a page more
    (tmp_path / "rest").mkdir()
    ending, _ = hear(convert(tmp_path / "rest"), *map(pack_progress, steps(10, SIZE)), pack_answer(answer), ENDED)
    assert ending.lied is (answer.pages != 2)


def test_only_raster_grows(tmp_path: Path):
    for task in (convert(tmp_path, PDF), InspectTask("/a")):
        assert hear(task, *map(pack_progress, steps(10)), ENDED)[0].lied


def test_a_child_that_talks_too_much_is_stopped(tmp_path: Path):
    for noise in (b"x" * (2 << 20), b"x\n" * (1 << 20)):
        assert hear(convert(tmp_path), noise, pack_answer(Done(1)), ENDED)[0].lied


@given(st.integers(), st.integers(), st.integers())
def test_progress_comes_back_as_it_was_said(pages, total, octets):
    assert unpack_progress(pack_progress(Progress(pages, total, octets))) == Progress(pages, total, octets)


@given(
    st.one_of(
        st.binary(),
        st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(
            lambda said: json.dumps({"progress": said}).encode()
        ),
        st.sampled_from([b'{"progress": {"pages": true, "total": 1, "octets": 1}}', b"[" * 100_000]),
    )
)
def test_anything_else_is_no_progress(data):
    assert unpack_progress(data) is None
