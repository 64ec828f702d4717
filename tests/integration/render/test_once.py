"""One conversion for each class, whoever asks; and no death at any instant leaves anything wrong (SPEC N2, N4)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distserver.errors import DocumentRefused, StoreUnavailable
from distserver.model.documents import PDF, Document, RenditionClass
from distserver.model.states import Reason
from distserver.render.contract import RenderLimits
from distserver.render.tasks import InputFile
from tests.support import documents as made
from tests.support.rendering import PDF_A4, PWG_BLACK, PWG_GREY, Bench

PATIENCE = 60.0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


async def wait_for(what: Callable[[], object]) -> object:
    """Until `what` gives something true; its value."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come about")


def children(pid: int | None) -> list[int]:
    """Process ids of the children of a process, whichever of its threads started them."""
    if pid is None:
        return []
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += [int(word) for word in path.read_text().split()]
    return found


def is_running(pid: int) -> bool:
    """False for a process that is gone, or dead and not yet waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def outcomes(bench: Bench) -> list[object]:
    return [line["outcome"] for line in bench.ledger.lines()]


async def test_passthrough_does_no_work(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 3))
    rendition = await bench.renderer.obtain([document], RenditionClass(PDF, passthrough=True))
    assert rendition.path == bench.spool.document_path(document.digest)
    assert (rendition.pages, rendition.size, bench.ledger.lines()) == (3, document.size, [])


async def test_a_hundred_askers_one_conversion(bench: Bench, tmp_path: Path):
    """N2: 100 destinations of one class and 100 of another: exactly one conversion each."""
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 3))
    asked = [bench.renderer.obtain([document], klass) for klass in (PWG_GREY, PWG_BLACK) for _ in range(100)]
    renditions = await asyncio.gather(*asked)
    assert len({rendition.path for rendition in renditions}) == 2
    assert outcomes(bench) == ["completed"] * 2
    again = Bench(tmp_path)
    try:
        assert (await again.renderer.obtain([document], PWG_GREY)).path in {r.path for r in renditions}
    finally:
        again.close()
    assert len(bench.ledger.lines()) == 2


ASKER = """
    import asyncio, sys
    from pathlib import Path
    from distserver.model.documents import Document
    from tests.support.rendering import Bench, PWG_GREY

    print("main module runs", flush=True)
    root, digest, size, pages = sys.argv[1:]
    bench = Bench(Path(root))
    document = Document(digest, int(size), "application/pdf", "a.pdf", int(pages))
    sys.stdin.readline()
    rendition = asyncio.run(bench.renderer.obtain([document], PWG_GREY))
    print(rendition.path, flush=True)
    bench.close()
"""


def start_asker(bench: Bench, document: Document, folder: Path) -> subprocess.Popen[str]:
    """Another process, a script without a guard around its main part, that asks for PWG_GREY once it is told to."""
    script = folder / "asker.py"
    if not script.exists():  # another one may be reading it just now
        script.write_text(textwrap.dedent(ASKER))
    arguments = [str(bench.root), document.digest, str(document.size), str(document.pages)]
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )


def hear(asker: subprocess.Popen[str]) -> str:
    """Let it ask; what it then says."""
    said, errors = asker.communicate("go\n", timeout=PATIENCE)
    assert (asker.returncode, errors) == (0, "")
    return said


async def test_two_processes_one_conversion(bench: Bench, tmp_path: Path):
    """N2: also between worker processes of one machine; and the child never runs its parent's main module."""
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 40))
    askers = [start_asker(bench, document, tmp_path) for _ in range(3)]
    for asker in askers:
        assert asker.stdout is not None
        asker.stdout.readline()
    said = [hear(asker) for asker in askers]
    assert len(set(said)) == 1
    assert said[0].count("\n") == 1
    assert len(bench.ledger.lines()) == 1


async def test_processes_at_the_same_instant_share_the_work(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 80))
    askers = [start_asker(bench, document, tmp_path) for _ in range(3)]
    for asker in askers:
        assert asker.stdout is not None
        asker.stdout.readline()
    for asker in askers:
        assert asker.stdin is not None
        asker.stdin.write("go\n")
        asker.stdin.flush()
    said = {(await asyncio.to_thread(asker.communicate, timeout=PATIENCE))[0] for asker in askers}
    assert len(said) == 1
    assert outcomes(bench) == ["completed"]


async def test_a_killed_child_is_started_again(bench: Bench, tmp_path: Path):
    """N4: somebody's kill -9 costs time, nothing else."""
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 60))
    lookers = children(bench.renderer.template_pid)
    asking = asyncio.create_task(bench.renderer.obtain([document], PWG_GREY))
    victims = await wait_for(lambda: [one for one in children(bench.renderer.template_pid) if one not in lookers])
    assert isinstance(victims, list)
    os.kill(victims[0], signal.SIGKILL)
    rendition = await asking
    assert rendition.pages == 60
    assert outcomes(bench) == ["completed"]


async def test_a_document_that_crashes_the_child_each_time_is_quarantined(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 300))
    lookers = children(bench.renderer.template_pid)
    asking = asyncio.create_task(bench.renderer.obtain([document], PWG_GREY))
    killed: set[int] = set()
    while not asking.done():
        for victim in children(bench.renderer.template_pid):
            if victim not in killed and victim not in lookers:
                os.kill(victim, signal.SIGSEGV)
                killed.add(victim)
        await asyncio.sleep(0.005)
    with pytest.raises(DocumentRefused) as error:
        await asking
    assert error.value.reason is Reason.QUARANTINED
    assert len(killed) == 3


async def test_a_killed_template_is_started_again(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 60))
    first = bench.renderer.template_pid
    lookers = children(first)
    asking = asyncio.create_task(bench.renderer.obtain([document], PWG_GREY))
    victims = await wait_for(lambda: [one for one in children(first) if one not in lookers])
    assert first is not None
    assert isinstance(victims, list)
    os.kill(first, signal.SIGKILL)
    assert (await asking).pages == 60
    assert bench.renderer.template_pid not in (None, first)
    await wait_for(lambda: not is_running(victims[0]))


async def test_children_die_with_their_worker_and_another_finishes_the_work(bench: Bench, tmp_path: Path):
    """N4: kill -9 of a worker in mid-conversion: nothing of it lives on, nothing half done is taken for done."""
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 200))
    asker = start_asker(bench, document, tmp_path)
    assert asker.stdout is not None
    assert asker.stdin is not None
    asker.stdout.readline()
    asker.stdin.write("go\n")
    asker.stdin.flush()
    templates = await wait_for(lambda: children(asker.pid))
    assert isinstance(templates, list)
    workers = await wait_for(lambda: children(templates[0]))
    assert isinstance(workers, list)
    parts = await wait_for(lambda: list(bench.spool.rendition_dir.glob("*/*.part")))
    asker.kill()
    asker.communicate(timeout=PATIENCE)
    await wait_for(lambda: not is_running(templates[0]) and not is_running(workers[0]))
    assert isinstance(parts, list)
    rendition = await bench.renderer.obtain([document], PWG_GREY)
    assert rendition.pages == 200
    assert not list(bench.spool.rendition_dir.glob("*/*.part"))
    assert outcomes(bench) == ["completed"]


async def test_a_rendition_that_is_not_whole_is_made_again(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf"))
    rendition = await bench.renderer.obtain([document], PWG_GREY)
    whole = rendition.path.read_bytes()
    for damaged in (b"", whole[:-1]):
        rendition.path.write_bytes(damaged)
        assert (await bench.renderer.obtain([document], PWG_GREY)).path.read_bytes() == whole


async def test_what_is_made_already_waits_for_no_conversion(bench: Bench, tmp_path: Path):
    """N2, N4: however many documents are being converted, or wait for their turn."""
    document = bench.store(made.make_pdf(tmp_path / "a.pdf"))
    known = await bench.renderer.obtain([document], PWG_GREY)
    many = [Document(f"{number:064}", 1, PDF, "b.pdf", 1) for number in range(20)]
    begun, end = threading.Event(), threading.Event()

    def hang(inputs: tuple[Document, ...]) -> tuple[InputFile, ...]:
        begun.set()
        end.wait(PATIENCE)
        raise DocumentRefused("never mind")

    bench.renderer._inputs = hang  # type: ignore[method-assign]
    asked = [asyncio.create_task(bench.renderer.obtain([one], PWG_GREY)) for one in many]
    try:
        await wait_for(begun.is_set)
        async with asyncio.timeout(PATIENCE / 2):
            assert await bench.renderer.obtain([document], PWG_GREY) == known
    finally:
        end.set()
        await asyncio.gather(*asked, return_exceptions=True)


async def test_an_asker_that_goes_away_leaves_the_work_to_the_others(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 30))
    one = asyncio.create_task(bench.renderer.obtain([document], PWG_GREY))
    other = asyncio.create_task(bench.renderer.obtain([document], PWG_GREY))
    await wait_for(lambda: children(bench.renderer.template_pid))
    one.cancel()
    assert (await other).pages == 30
    assert outcomes(bench) == ["completed"]


async def test_discard_removes_all_classes_of_a_set(bench: Bench, tmp_path: Path):
    document = bench.store(made.make_pdf(tmp_path / "a.pdf"))
    other = bench.store(made.make_jpeg(tmp_path / "b.jpg"))
    gone = [(await bench.renderer.obtain([document], klass)).path for klass in (PWG_GREY, PWG_BLACK)]
    gone.append(await bench.renderer.thumbnail([document]))
    kept = (await bench.renderer.obtain([document, other], PDF_A4)).path
    bench.renderer.discard([document])
    assert not any(path.exists() for path in gone)
    assert kept.exists()
    assert (await bench.renderer.obtain([document], PWG_GREY)).path.exists()
    bench.renderer.discard([document])
    bench.renderer.discard([document])


async def test_order_of_documents_matters(bench: Bench, tmp_path: Path):
    one, two = bench.store(made.make_pdf(tmp_path / "a.pdf")), bench.store(made.make_jpeg(tmp_path / "b.jpg"))
    paths = {(await bench.renderer.obtain(order, PWG_GREY)).path for order in ([one, two], [two, one])}
    assert len(paths) == 2


async def test_closing_ends_what_is_under_way(tmp_path: Path):
    bench = Bench(tmp_path)
    document = bench.store(made.make_pdf(tmp_path / "a.pdf", 300))
    asking = asyncio.create_task(bench.renderer.obtain([document], PWG_GREY))
    template = bench.renderer.template_pid
    await wait_for(lambda: children(template))
    await asyncio.to_thread(bench.renderer.close)
    with pytest.raises(StoreUnavailable):
        await asking
    assert template is not None
    assert not is_running(template)


async def test_memory_stays_flat_in_pages(bench: Bench, tmp_path: Path):
    """D4: four hundred pages need hardly more than four."""
    peaks = []
    for pages in (4, 400):
        document = bench.store(made.make_pdf(tmp_path / f"{pages}.pdf", pages, kind="marks"))
        await bench.renderer.obtain([document], PWG_GREY)
        fax = bench.store(made.make_tiff(tmp_path / f"{pages}.tif", pages, size=(864, 1143)))
        await bench.renderer.obtain([fax], PDF_A4)
        lines = bench.ledger.lines()[-2:]
        peaks.append(max(float(str(line["peak_mb"])) for line in lines))
    assert peaks[1] < peaks[0] + 40


async def test_a_ledger_line_says_all(tmp_path: Path):
    bench = Bench(tmp_path, RenderLimits(pages=5000, parallel=1))
    try:
        document = bench.store(made.make_pdf(tmp_path / "a.pdf", 2))
        rendition = await bench.renderer.obtain([document], PWG_GREY)
    finally:
        bench.close()
    (line,) = bench.ledger.lines()
    assert (line["class_key"], line["digests"]) == (PWG_GREY.key, [document.digest])
    assert (line["pages"], line["octets"]) == (2, rendition.size)
    assert min(float(str(line[name])) for name in ("seconds", "cpu_seconds", "peak_mb")) > 0
    assert json.dumps(line)
