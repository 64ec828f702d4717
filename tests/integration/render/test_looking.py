"""Small documents are looked into by a child that lives on, which answers for none but the one before it (N1, N4)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.errors import DocumentRefused
from distserver.model.documents import PDF
from distserver.render.contract import RenderLimits
from distserver.render.looking import LARGEST
from tests.support import documents as made
from tests.support.processes import find_descendants, is_alive
from tests.support.rendering import Bench

LIMITS = RenderLimits(parallel=1, pages=200, memory_mb=768, inspect_cpu_seconds=10)
_PATIENCE = 60.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made_here = Bench(tmp_path / "bench", LIMITS)
    yield made_here
    made_here.close()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return made.make_pdf(tmp_path / "good.pdf")


def lookers(bench: Bench) -> set[int]:
    """Process ids of the children that the template has now."""
    template = bench.renderer.template_pid
    return set() if template is None else {one.pid for one in find_descendants(template)}


def wait_until_gone(pid: int) -> None:
    until = time.monotonic() + _PATIENCE
    while is_alive(pid):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_one_child_looks_into_many(bench: Bench, good: Path) -> None:
    facts = bench.renderer.inspect(good)
    (first,) = lookers(bench)
    for _ in range(20):
        assert bench.renderer.inspect(good) == facts
    assert (facts.format, lookers(bench)) == (PDF, {first})


@pytest.mark.parametrize("harm", [made.make_cyclic_tiff, made.make_password_pdf, made.make_flate_bomb_pdf])
def test_who_met_something_bad_is_not_asked_again(bench: Bench, good: Path, tmp_path: Path, harm: object) -> None:
    """The refusal is a fresh child's; the next document meets another one."""
    bench.renderer.inspect(good)
    (first,) = lookers(bench)
    with pytest.raises(DocumentRefused):
        bench.renderer.inspect(harm(tmp_path / "harm"))  # type: ignore[operator]
    wait_until_gone(first)
    assert bench.renderer.inspect(good).format == PDF


def test_one_that_was_killed_is_missed_by_nobody(bench: Bench, good: Path) -> None:
    facts = bench.renderer.inspect(good)
    for sign in (signal.SIGKILL, signal.SIGSTOP):
        (looker,) = lookers(bench)
        os.kill(looker, sign)
        assert bench.renderer.inspect(good) == facts


def test_the_template_may_die_too(bench: Bench, good: Path) -> None:
    facts = bench.renderer.inspect(good)
    template = bench.renderer.template_pid
    assert template is not None
    os.kill(template, signal.SIGKILL)
    until = time.monotonic() + _PATIENCE
    while bench.renderer.template_pid is not None:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert bench.renderer.inspect(good) == facts


def test_a_large_document_has_a_child_of_its_own(bench: Bench, good: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.pdf"
    large.write_bytes(good.read_bytes() + b"\n%" + bytes(LARGEST))
    assert bench.renderer.inspect(large).format == PDF
    assert lookers(bench) == set()
