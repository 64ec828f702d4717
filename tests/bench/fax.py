"""Faxes beside those of Ghostscript's `tiffg4`: octets on the line, letters that arrive, CPU, likeness of pictures."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageFilter

from distserver.model.documents import PDF, TIFF_F, RenditionClass
from distserver.render.contract import RenderLimits
from distserver.render.fence import FencedRunner
from distserver.render.tasks import ConvertTask, InputFile
from distwire.tiff.fax_reader import read_fax
from tests.support.fax_pages import KINDS, FaxDocument
from tests.support.reading import accuracy, read_letters

DPI = (204, 196)
SIZE = (1728, 2291)
FAX = RenditionClass(TIFF_F, type="black_1", dpi=DPI, media_size=(21000, 29700), coding="mmr")
_EYE = 2.0
"""Dots that the eye runs together at reading distance (standard deviation), 0.25 mm."""


@dataclass(frozen=True)
class Made:
    """One document by one program: octets of its strips and CPU milliseconds, by page; share of letters read; how far
    the tones are from those of the document, of 255, as the eye sees them."""

    octets: float
    cpu_ms: float
    ocr: float
    unlike: float


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object; keep the pages with --keep."""
    parser = argparse.ArgumentParser(prog="deploy/bench fax", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="CPU and octets only, one round")
    parser.add_argument("--keep", type=Path, help="a folder for the documents and faxes")
    options = parser.parse_args(argv)
    runner = FencedRunner(RenderLimits(pages=1000, parallel=1))
    print(f"{'':<6} {'by':<12} {'octets/page':>11} {'s at 14400':>10} {'CPU ms/page':>11} {'letters':>8} {'unlike':>7}")
    found: dict[str, dict[str, Made]] = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            where = options.keep or Path(folder)
            where.mkdir(parents=True, exist_ok=True)
            for kind, make in KINDS.items():
                document = make(where / f"{kind}.pdf")
                found[kind] = _measure(runner, document, options.quick)
                for name, made in found[kind].items():
                    print(f"{kind:<6} {name:<12} {made.octets:>11.0f} {made.octets * 8 / 14400:>10.1f} "
                          f"{made.cpu_ms:>11.1f} {made.ocr:>8.4f} {made.unlike:>7.2f}", flush=True)  # fmt: skip
    except FileNotFoundError as error:
        print(
            f"{error.filename} is missing: apt-get install ghostscript tesseract-ocr tesseract-ocr-eng", file=sys.stderr
        )
        return 1
    finally:
        runner.close()
    print(json.dumps(_sum_up(found)))
    return 0


def _measure(runner: FencedRunner, document: FaxDocument, quick: bool) -> dict[str, Made]:
    ours, theirs = document.path.with_suffix(".ours.tif"), document.path.with_suffix(".gs.tif")
    cpu = {"distserver": float("inf"), "ghostscript": float("inf")}
    for _ in range(1 if quick else 5):  # in turns, so that what else the machine does meets both
        cpu["distserver"] = min(cpu["distserver"], _convert(runner, document.path, ours))
        cpu["ghostscript"] = min(cpu["ghostscript"], _run_ghostscript(document.path, theirs))
    pages = len(document.words)
    made = {}
    for name, path in (("distserver", ours), ("ghostscript", theirs)):
        with path.open("rb") as file:
            octets = sum(page.octets for page in read_fax(file))
        letters, unlike = (0.0, 0.0) if quick else _look(path, document)
        made[name] = Made(octets / pages, cpu[name] * 1000 / pages, letters, unlike)
    return made


def _convert(runner: FencedRunner, source: Path, target: Path) -> float:
    """CPU seconds of the fenced child, as every rendition is made."""
    verdict = runner.run(ConvertTask((InputFile(str(source), PDF),), str(target), FAX))
    verdict.unwrap()
    return verdict.usage.cpu_seconds


def _run_ghostscript(source: Path, target: Path) -> float:
    """CPU seconds of the process, as fax software calls it."""
    command = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=tiffg4", f"-r{DPI[0]}x{DPI[1]}"]
    command += [f"-g{SIZE[0]}x{SIZE[1]}", "-dPDFFitPage", f"-sOutputFile={target}", str(source)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _look(fax: Path, document: FaxDocument) -> tuple[float, float]:
    """The share of letters that are read, and how unlike the page is, both the mean of all pages."""
    letters, unlike = [], []
    with Image.open(fax) as image, pdfium.PdfDocument(document.path) as source:
        for number, words in enumerate(document.words):
            image.seek(number)
            page = image.convert("L").resize((SIZE[0], SIZE[1] * DPI[0] // DPI[1]), Image.Resampling.NEAREST)
            letters.append(accuracy(read_letters(page), words))
            unlike.append(_compare(page, source[number].render(scale=DPI[0] / 72, grayscale=True).to_pil()))
    return sum(letters) / len(letters), sum(unlike) / len(unlike)


def _compare(page: Image.Image, original: Image.Image) -> float:
    """Root mean square of the difference, after the eye's blur; at the best of some places, as the two may put the page
    on the paper a little apart."""
    drawn = np.asarray(page.filter(ImageFilter.GaussianBlur(_EYE)), np.float32)
    wanted = np.asarray(original.convert("L").filter(ImageFilter.GaussianBlur(_EYE)), np.float32)
    height, width = wanted.shape[0] - 40, wanted.shape[1] - 40
    inner = wanted[20 : 20 + height, 20 : 20 + width][::2, ::2]
    spare = page.width - original.width + 40
    best = float("inf")
    for left in range(0, spare + 1):
        for top in range(14, 27, 2) if left % 2 == 0 else ():
            part = drawn[top : top + height, left : left + width][::2, ::2]
            if part.shape == inner.shape:
                best = min(best, float(np.mean((part - inner) ** 2)))
    return best**0.5


def _sum_up(found: dict[str, dict[str, Made]]) -> dict[str, object]:
    ours = {kind: made["distserver"] for kind, made in found.items()}
    theirs = {kind: made["ghostscript"] for kind, made in found.items()}

    def ratio(field: str, *kinds: str) -> float:
        one, other = (sum(getattr(made[kind], field) for kind in kinds or found) for made in (ours, theirs))
        return round(one / other, 3) if other else 0.0

    return {
        "bytes_vs_gs": ratio("octets"),
        "ocr_vs_gs": ratio("ocr"),
        "cpu_vs_gs_text": ratio("cpu_ms", "text"),
        "cpu_vs_gs_photo": ratio("cpu_ms", "photo"),
        "unlike_vs_gs_photo": ratio("unlike", "photo"),
        **{f"bytes_vs_gs_{kind}": ratio("octets", kind) for kind in found},
        **{f"ocr_vs_gs_{kind}": ratio("ocr", kind) for kind in found},
        **{f"cpu_vs_gs_{kind}": ratio("cpu_ms", kind) for kind in found},
    }


if __name__ == "__main__":
    raise SystemExit(main())
