"""The device under the conformance suites of the Printer Working Group, run by Debian's ipptool: no test may fail."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfgen import canvas

from distwire.raster import PageHeader, PwgWriter
from tests.support.device import printed_jobs, start_device

SUITES = Path("/usr/share/cups/ipptool")
RESULT = re.compile(r"^ {4}(\S.*?) +\[(PASS|FAIL|SKIP)\]$", re.MULTILINE)
SAMPLE = re.compile(r"pwg-raster-samples-(\d+)dpi/([a-z0-9-]+)/\S+?\.pwg")
PAPER = {"4x6": (1200, 1800), "a4": (2480, 3508), "letter": (2550, 3300)}
OFFERED = ("black-1", "sgray-8", "srgb-8")

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that the suites name: ipptool stops at the first that is not there.

    What the device offers is real; the rest (PostScript, other resolutions) is empty, and its tests are skipped.
    """
    folder = tmp_path_factory.mktemp("documents")
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
    for match in SAMPLE.finditer((SUITES / "ipp-everywhere.test").read_text()):
        write_sample(folder / match[0], match[1], match[2])
    return folder


def write_sample(path: Path, dpi: str, kind: str) -> None:
    """A PWG raster page of the size that its name tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if dpi != "300" or kind not in OFFERED:
        path.touch()
        return
    width, height = next(size for name, size in PAPER.items() if name in path.name)
    shape = (height, width, 3) if kind == "srgb-8" else (height, width)
    white = 0 if kind == "black-1" else 255
    with path.open("wb") as stream:
        page = PageHeader(width, height, (300, 300), kind.replace("-", "_"))
        PwgWriter(stream).write_page(page, np.full(shape, white, np.uint8))


@pytest.mark.parametrize(("version", "suite", "least"), [("1.1", "ipp-1.1", 42), ("2.0", "ipp-everywhere", 90)])
def test_no_test_of_the_suite_fails(tmp_path: Path, documents: Path, version: str, suite: str, least: int) -> None:
    """The exit code is not enough (it forgets included files): every line of the report counts."""
    with start_device("everything", tmp_path / "tray", name="適合試験") as device:
        command = ["ipptool", "-V", version, "-tI", "-T", "120", "-f", "document-a4.pdf", device.uri, f"{suite}.test"]
        said = subprocess.run(command, cwd=documents, capture_output=True, text=True, timeout=600, check=False)
        results = RESULT.findall(said.stdout)
        failed = [name for name, result in results if result == "FAIL"]
        passed = [name for name, result in results if result == "PASS"]
        assert not failed, said.stdout
        assert len(passed) >= least, said.stdout + said.stderr
        assert device.process.poll() is None
    assert {job.state for job in printed_jobs(tmp_path / "tray")} <= {"completed", "canceled"}
