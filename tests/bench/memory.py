"""The image memory with 10,000 documents beside one with 100, and how much memory a long document takes."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mfp_client.memory.records import Asker, Draft
from mfp_client.memory.store import ImageMemory
from tests.support.memory_crowd import open_crowd
from tests.support.memory_pages import FAX, add_image, draw_page
from tests.support.sources import ROOT

FEW, MANY = 100, 10_000
ANNA = Asker("anna")
Question = Callable[[ImageMemory], object]


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object."""
    parser = argparse.ArgumentParser(prog="deploy/bench memory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a shorter document")
    parser.add_argument(
        "--long", type=int, help="store a document of so many pages and print the peak memory (internal)"
    )
    arguments = parser.parse_args(argv)
    if arguments.long:
        return _store_long(arguments.long)
    rounds = 60 if arguments.quick else 400
    lines = []
    print(f"{'question':<24} {f'{FEW} docs ms':>12} {f'{MANY} docs ms':>14} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        few, many = open_crowd(Path(folder, "few"), FEW), open_crowd(Path(folder, "many"), MANY)
        for name, question in _questions().items():
            lines.append(_compare(name, question, (few, many), rounds))
        few.close()
        many.close()
    pages = 50 if arguments.quick else 500
    peak = {pages: _peak_of(pages), 2: _peak_of(2)}
    worst = max(float(str(line["ratio"])) for line in lines)
    print(f"\npeak memory: {peak[2]} MB for a document of 2 pages, {peak[pages]} MB for one of {pages}")
    print(
        json.dumps(
            {"questions": lines, "worst_ratio": worst, "pages": pages, "peak_mb": peak[pages], "peak_mb_2": peak[2]}
        )
    )
    return 0


def _questions() -> dict[str, Question]:
    def middle(memory: ImageMemory) -> object:
        before = memory.list_documents(ANNA, limit=1)[0].number // 2 + 20
        return memory.list_documents(ANNA, before=before, limit=20)

    def thumbnails(memory: ImageMemory) -> object:
        return [memory.thumbnail(one.id, ANNA) for one in memory.list_documents(ANNA, limit=20)]

    def change(memory: ImageMemory) -> object:
        with memory.open(Draft("one more", "anna")) as document:
            add_image(document, draw_page(), FAX)
            return memory.erase(document.close().id, ANNA)

    return {
        "list": lambda memory: memory.list_documents(ANNA, limit=20),
        "list, all owners": lambda memory: memory.list_documents(Asker(operator=True), limit=20),
        "list, the middle": middle,
        "20 thumbnails": thumbnails,
        "search, one letter": lambda memory: memory.list_documents(ANNA, text="i", limit=10),
        "search, a common word": lambda memory: memory.list_documents(ANNA, text="invoice", limit=10),
        "search, Japanese": lambda memory: memory.list_documents(ANNA, text="請求", limit=10),
        "search, one document": lambda memory: memory.list_documents(ANNA, text="no. 42", limit=1),
        "search, nothing": lambda memory: memory.list_documents(ANNA, text="zzz", limit=20),
        "find by image ID": lambda memory: memory.find(memory.list_documents(ANNA, limit=1)[0].id, ANNA),
        "how full": lambda memory: memory.room.usage(),
        "store and erase": change,
        "sweep": lambda memory: memory.sweep(),
    }


def _compare(
    name: str, question: Question, memories: tuple[ImageMemory, ImageMemory], rounds: int
) -> dict[str, object]:
    """The median of many rounds, those of both memories in turn: what others do on the machine strikes both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds if name not in ("store and erase",) else max(5, rounds // 10)):
        for memory, spent in zip(memories, times, strict=True):
            begun = time.perf_counter()
            question(memory)
            spent.append(1000 * (time.perf_counter() - begun))
    few, many = (sorted(spent)[len(spent) // 2] for spent in times)
    print(f"{name:<24} {few:>12.3f} {many:>14.3f} {many / few:>6.2f}")
    return {"question": name, "few_ms": round(few, 3), "many_ms": round(many, 3), "ratio": round(many / few, 2)}


def _peak_of(pages: int) -> int:
    command = [sys.executable, "-m", "tests.bench.memory", "--long", str(pages)]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=1800).stdout)


def _store_long(pages: int) -> int:
    """Store a long document in this process, page by page, and write it as PDF."""
    from mfp_client.memory.pdf import write_pdf

    image = draw_page("long", (2480, 3508))
    with tempfile.TemporaryDirectory() as folder, ImageMemory(Path(folder)) as memory:
        with memory.open(Draft("long")) as document:
            for _ in range(pages):
                add_image(document, image, (300.0, 300.0))
            stored = document.close()
        with memory.read(stored) as file, Path(folder, "it.pdf").open("wb") as target:
            write_pdf(target.write, memory.pages(file, stored), "long")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
