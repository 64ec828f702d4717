"""Programs that people print from reach a group through CUPS, and the paper looks like the page (SPEC N1, D13)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.pages import read_file
from tests.support.patience import wait_until
from tests.support.screen import end_program, run_screen
from tests.support.street import Street, run_street

pytestmark = pytest.mark.real

_LETTER = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles>
<style:page-layout style:name="A4"><style:page-layout-properties
 fo:page-width="21cm" fo:page-height="29.7cm" fo:margin="2cm"/></style:page-layout>
<style:style style:name="Big" style:family="paragraph"><style:text-properties fo:font-size="40pt"/></style:style>
<style:style style:name="Next" style:family="paragraph" style:parent-style-name="Big">
<style:paragraph-properties fo:break-before="page"/></style:style>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4"/></office:master-styles>
<office:body><office:text>
<text:p text:style-name="Big">To all branches: the price list of May takes the place of that of April.</text:p>
<text:p text:style-name="Next">Second page: please hang it beside the counter.</text:p>
</office:text></office:body></office:document>
"""
_PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Notice to the branches</title>
<style>@page { size: A4; margin: 20mm } p { font-size: 30pt } i { display: block; width: 90mm; height: 60mm;
background: #333; print-color-adjust: exact }</style></head>
<body><p>To all branches</p><i></i><p>The new price list is here.</p><script>
if (location.hash) addEventListener("load", () => print())
</script></body></html>
"""


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with run_street(tmp_path_factory.mktemp("street")) as made:
        made.cups.run("lpadmin", "-d", "office")
        yield made


def test_libreoffice_prints_to_a_group(street: Street, tmp_path: Path) -> None:
    """N1: `soffice --pt`, against the PDF that the same program makes of the same letter."""
    letter = tmp_path / "letter.fodt"
    letter.write_text(_LETTER, "utf-8")
    before = street.count_documents()
    with _finishing_at_cups(street):
        _run_office(street, tmp_path, "--pt", "office", str(letter))
        street.wait_for("letter", "completed")
    assert street.count_documents() == [count + 1 for count in before]
    _run_office(street, tmp_path, "--convert-to", "pdf", "--outdir", str(tmp_path), str(letter))
    street.check_last(read_file(tmp_path / "letter.pdf"))


def _run_office(street: Street, folder: Path, *arguments: str) -> None:
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", *arguments]
    subprocess.run(command, env=street.cups.environment, check=True, capture_output=True, timeout=180)


def test_chromium_prints_to_a_group(street: Street, tmp_path: Path) -> None:
    """N1: `window.print()` in a browser that asks nothing (`--kiosk-printing`), on a screen that nobody sees; against
    the PDF that the same browser makes of the same page."""
    page = tmp_path / "notice.html"
    page.write_text(_PAGE, "utf-8")
    before = street.count_documents()
    with run_screen() as display, _finishing_at_cups(street):
        environment = {**street.cups.environment, "DISPLAY": display}
        browser = subprocess.Popen(
            [*_browser(tmp_path / "first"), "--kiosk-printing", f"{page.as_uri()}#print"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            street.wait_for("Notice to the branches", "completed")
        finally:
            end_program(browser)
    assert street.count_documents() == [count + 1 for count in before]
    made = tmp_path / "made.pdf"
    options = ["--headless=new", "--no-pdf-header-footer", f"--print-to-pdf={made}"]
    command = [*_browser(tmp_path / "second"), *options, page.as_uri()]
    subprocess.run(command, env=street.cups.environment, check=True, capture_output=True, timeout=180)
    street.check_last(read_file(made))


def _browser(profile: Path) -> list[str]:
    """Chromium with a profile of its own; tests may run as root, for whom it has no sandbox."""
    return ["chromium", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]


@contextmanager
def _finishing_at_cups(street: Street) -> Iterator[None]:
    """What the block prints becomes one job that CUPS has finished."""
    before = _count_finished(street)
    yield
    wait_until(lambda: _count_finished(street) == before + 1, street.list_queued)


def _count_finished(street: Street) -> int:
    return street.cups.run("lpstat", "-W", "completed", "-o", "office").count("office-")
