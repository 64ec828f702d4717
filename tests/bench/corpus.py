"""A folder of documents: each printed to PWG raster and PDF, or refused, with the time and memory it took."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from distserver.errors import DocumentRefused, LaterError
from distserver.model.documents import PDF, PWG_RASTER, Document, RenditionClass
from distserver.render.contract import Conversion, RenderLimits
from distserver.render.fence import FencedRunner, Usage
from distserver.render.renderer import Renderer
from distserver.render.tasks import Done, InspectTask
from distserver.settings import Settings

A4 = "iso_a4_210x297mm"
A4_SIZE = (21000, 29700)
CLASSES = {
    "PWG 300 dpi, black": RenditionClass(PWG_RASTER, type="black_1", dpi=(300, 300), media=A4, media_size=A4_SIZE),
    "PWG 300 dpi, colour": RenditionClass(PWG_RASTER, type="srgb_8", dpi=(300, 300), media=A4, media_size=A4_SIZE),
    "PDF on A4": RenditionClass(PDF, media=A4, media_size=A4_SIZE),
}


@dataclass(frozen=True)
class Line:
    """What became of one file in one class."""

    file: str
    to: str
    end: str
    pages: int
    wall_ms: float
    cpu_ms: float
    peak_mb: float
    words: str = ""


class _Notes:
    """A ledger that keeps the last conversion."""

    def __init__(self) -> None:
        self.last: Conversion | None = None

    def record(self, conversion: Conversion) -> None:
        self.last = conversion


class _Folder:
    """A spool of the files where they lie; renditions in a folder of their own."""

    def __init__(self, rendition_dir: Path) -> None:
        self.rendition_dir = rendition_dir
        self.paths: dict[str, Path] = {}

    def document_path(self, digest: str) -> Path:
        return self.paths[digest]

    def check_room(self) -> None:
        """There is room."""


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object; returns 1 when a file was neither printed nor refused."""
    parser = argparse.ArgumentParser(prog="deploy/bench corpus", description=__doc__)
    parser.add_argument("--dir", type=Path, action="append", default=[], help="may be given more than once")
    parser.add_argument("--quick", action="store_true", help="the first ten files of each folder")
    options = parser.parse_args(argv)
    files = [file for folder in options.dir for file in _list_files(folder, 10 if options.quick else None)]
    if not files:
        files = _make_files(Path(tempfile.mkdtemp(prefix="corpus-")))
    lines = asyncio.run(_run(files))
    print(json.dumps(_sum_up(lines), ensure_ascii=False))
    return 0 if all(line.end in ("printed", "refused") for line in lines) else 1


def _list_files(folder: Path, most: int | None) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())[:most]


def _make_files(folder: Path) -> list[Path]:
    """Without a folder: some documents, good and bad, made on the spot."""
    from tests.support import documents as made

    return [
        made.make_pdf(folder / "text.pdf", 10),
        made.make_pdf(folder / "photo.pdf", 3, kind="photo"),
        made.make_pdf(folder / "vector.pdf", 3, kind="vector"),
        made.make_tiff(folder / "fax.tif", 10),
        made.make_jpeg(folder / "photo.jpg"),
        made.make_password_pdf(folder / "password.pdf"),
        made.make_flate_bomb_pdf(folder / "bomb.pdf", 2500),
        made.make_cyclic_form_pdf(folder / "cycle.pdf"),
        made.make_cyclic_tiff(folder / "circle.tif"),
        made.make_endless_tiff(folder / "endless.tif"),
    ]


async def _run(files: list[Path]) -> list[Line]:
    lines: list[Line] = []
    limits = RenderLimits(pages=Settings().max_pages)
    print(f"{'file':<44} {'to':<20} {'end':<8} {'pages':>5} {'wall ms':>8} {'CPU ms':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        spool, notes = _Folder(Path(folder)), _Notes()
        renderer, runner = Renderer(spool, notes, limits), FencedRunner(limits)
        try:
            await asyncio.to_thread(_warm_up, renderer, runner, Path(folder, "warm-up"))
            for number, path in enumerate(files):
                document, line = await asyncio.to_thread(_look_into, runner, path, f"{number:064}")
                _show(line, lines)
                if document is None:
                    continue
                spool.paths[document.digest] = path
                for name, klass in CLASSES.items():
                    _show(await _convert(renderer, notes, document, (name, klass)), lines)
                renderer.discard([document])
        finally:
            renderer.close()
            runner.close()
    return lines


def _warm_up(renderer: Renderer, runner: FencedRunner, path: Path) -> None:
    """Both templates load their packages now, and the first file is not charged for it."""
    path.write_bytes(b"%PDF-1.4 nothing")
    runner.run(InspectTask(str(path)))
    try:
        renderer.inspect(path)
    except DocumentRefused:
        return


def _look_into(runner: FencedRunner, path: Path, digest: str) -> tuple[Document | None, Line]:
    """As `Renderer.inspect` does, with the figures."""
    verdict = runner.run(InspectTask(str(path)))
    if isinstance(verdict.answer, Done) and verdict.answer.facts is not None:
        facts = verdict.answer.facts
        document = Document(digest, path.stat().st_size, facts.format, path.name, facts.pages, facts.raster)
        return document, _line(path.name, "(inspected)", "printed", facts.pages, verdict.usage, "")
    end = "refused" if isinstance(verdict.error, DocumentRefused) else "failed"
    return None, _line(path.name, "(inspected)", end, 0, verdict.usage, str(verdict.error))


async def _convert(renderer: Renderer, notes: _Notes, document: Document, target: tuple[str, RenditionClass]) -> Line:
    name, klass = target
    begun = time.monotonic()
    end, words, pages = "printed", "", 0
    try:
        pages = (await renderer.obtain([document], klass)).pages
    except DocumentRefused as refusal:
        end, words = "refused", str(refusal)
    except LaterError as error:
        end, words = "failed", str(error)
    done = notes.last
    used = Usage(done.seconds, done.cpu_seconds, done.peak_mb) if done else Usage(time.monotonic() - begun)
    return _line(document.name, name, end, pages, used, words)


def _line(file: str, to: str, end: str, pages: int, usage: Usage, words: str) -> Line:
    figures = (round(usage.seconds * 1000, 1), round(usage.cpu_seconds * 1000, 1), round(usage.peak_mb, 1))
    return Line(file, to, end, pages, *figures, words)


def _show(line: Line, lines: list[Line]) -> None:
    lines.append(line)
    figures = f"{line.pages:>5} {line.wall_ms:>8.0f} {line.cpu_ms:>8.0f} {line.peak_mb:>8.0f}"
    print(f"{line.file[:44]:<44} {line.to:<20} {line.end:<8} {figures}  {line.words}", flush=True)


def _sum_up(lines: list[Line]) -> dict[str, object]:
    files = {line.file for line in lines}
    refused = {line.file for line in lines if line.end == "refused"}
    return {
        "files": len(files),
        "printed": len(files - refused),
        "refused": len(refused),
        "failed": sum(line.end == "failed" for line in lines),
        "worst_wall_ms": max(line.wall_ms for line in lines),
        "worst_cpu_ms": max(line.cpu_ms for line in lines),
        "worst_peak_mb": max(line.peak_mb for line in lines),
        "lines": [asdict(line) for line in lines],
    }


if __name__ == "__main__":
    raise SystemExit(main())
