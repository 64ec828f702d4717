"""Debian's ipptool and the conformance suites of the Printer Working Group."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfgen import canvas

from distwire.raster import PageHeader, PwgWriter

SUITES = Path("/usr/share/cups/ipptool")
_RESULT = re.compile(r"^ {4}(\S.*?) +\[(PASS|FAIL|SKIP)\]$", re.MULTILINE)
_SAMPLE = re.compile(r"pwg-raster-samples-(\d+)dpi/([a-z0-9-]+)/\S+?\.pwg")
_PAPER = {"4x6": (1200, 1800), "a4": (2480, 3508), "letter": (2550, 3300)}
_OFFERED = ("black-1", "sgray-8", "srgb-8")


@dataclass(frozen=True, slots=True)
class Report:
    """Names of the tests by result, over the whole tree of included files: the exit code forgets those."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    skipped: tuple[str, ...]
    text: str


def run_suite(
    uri: str,
    suite: str,
    folder: Path,
    version: str = "2.0",
    file: str = "document-a4.pdf",
    define: Mapping[str, str] | None = None,
) -> Report:
    """Run `suite` (without .test) against a printer, in the folder that has the documents; `define` are its
    variables."""
    defines = [word for name, value in (define or {}).items() for word in ("-d", f"{name}={value}")]
    command = ["ipptool", "-V", version, "-tI", "-T", "120", "-f", file, *defines, uri, f"{suite}.test"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    results = _RESULT.findall(done.stdout)
    named = {kind: tuple(name for name, result in results if result == kind) for kind in ("PASS", "FAIL", "SKIP")}
    return Report(named["PASS"], named["FAIL"], named["SKIP"], done.stdout + done.stderr)


def write_documents(folder: Path) -> Path:
    """Into a folder every file that the suites name: ipptool stops at the first that is not there.

    What the device offers is real; the rest (PostScript, other resolutions) is empty, and its tests are skipped.
    """
    for size_name, size in (("a4", A4), ("letter", letter)):
        for kind, pages in (("document", 3), ("onepage", 1)):
            drawing = canvas.Canvas(str(folder / f"{kind}-{size_name}.pdf"), pagesize=size)
            for _ in range(pages):
                drawing.drawString(100, 400, kind)
                drawing.showPage()
            drawing.save()
            (folder / f"{kind}-{size_name}.ps").touch()
    Image.new("RGB", (60, 40), "red").save(folder / "color.jpg")
    Image.new("L", (60, 40), 90).save(folder / "gray.jpg")
    for match in _SAMPLE.finditer((SUITES / "ipp-everywhere.test").read_text()):
        _write_sample(folder / match[0], match[1], match[2])
    return folder


def _write_sample(path: Path, dpi: str, kind: str) -> None:
    """A PWG raster page of the size that its name tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if dpi != "300" or kind not in _OFFERED:
        path.touch()
        return
    width, height = next(size for name, size in _PAPER.items() if name in path.name)
    shape = (height, width, 3) if kind == "srgb-8" else (height, width)
    white = 0 if kind == "black-1" else 255
    with path.open("wb") as stream:
        page = PageHeader(width, height, (300, 300), kind.replace("-", "_"))
        PwgWriter(stream).write_page(page, np.full(shape, white, np.uint8))
