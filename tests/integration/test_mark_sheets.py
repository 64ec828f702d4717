"""D7, D8: the commands of mark sheets, with the real fenced child."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from mfp_client.cli import cli
from mfp_client.marksheet import reader as reader_module
from mfp_client.marksheet.reader import SheetReader
from mfp_client.marksheet.verdict import Rule
from tests.support import documents as made
from tests.support import paper
from tests.support.digitizing import scan_page
from tests.support.sheets import KEY, MADE, Wish, make_case


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "device"


def _run(*arguments: object) -> str:
    done = CliRunner().invoke(cli, ["sheet", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.output


def _make(home: Path, out: Path, *more: object) -> Path:
    _run("make", "--id", "12345678", "--out", out, "--home", home, *more)
    return out


def _read(home: Path, *arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _run("read", "--json", "--home", home, *arguments).splitlines()]


def test_a_sheet_that_was_made_is_read(home: Path, tmp_path: Path) -> None:
    sheet = _make(home, tmp_path / "sheet.pdf", "--title", "四半期報告", "--language", "ja")
    assert _read(home, sheet) == [{"file": str(sheet), "page": 1, "mark": "12345678", "why": None}]
    assert _run("read", "--home", home, sheet) == f"{sheet}, page 1: 1234 5678\n"


def test_all_lists_what_can_be_read(home: Path, tmp_path: Path) -> None:
    sheet = _make(home, tmp_path / "sheet.pdf")
    (page,) = _read(home, "--all", sheet)
    assert list(page) == ["file", "page", "mark", "why", "symbols"]
    assert {each["format"] for each in page["symbols"]} == {"Code128", "DataMatrix"}
    assert all(list(each) == ["format", "text", "x", "y"] for each in page["symbols"])
    assert "DataMatrix at 10" in _run("read", "--all", "--home", home, sheet)


def test_a_file_may_be_called_anything(home: Path, tmp_path: Path) -> None:
    sheet = _make(home, tmp_path / "sheet.pdf")
    names = ["報告書.pdf", os.fsdecode(b"\xff\xfe.pdf"), "a\nb.pdf"]
    for name in names:
        (tmp_path / name).write_bytes(sheet.read_bytes())
        assert [page["mark"] for page in _read(home, tmp_path / name)] == ["12345678"]
        assert "1234 5678" in _run("read", "--home", home, tmp_path / name)


def test_a_sheet_shows_the_first_page_of_its_document(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.tif"
    paper.draw_page("table", 1).convert("1").save(page, dpi=(300, 300))
    sheet = _make(home, tmp_path / "sheet.pdf", "--page", page)
    assert _read(home, sheet)[0]["mark"] == "12345678"
    drawn = paper.draw_pdf(sheet.read_bytes())
    assert min(drawn.crop((0, 1000, 2480, 2000)).getextrema()) < 100


def test_a_stack_names_several_documents(home: Path, tmp_path: Path) -> None:
    """Printed, faxed and fed as one: a page that is no sheet among them does not matter."""
    pages = []
    for number in ("00000001", "00000002"):
        sheet = tmp_path / f"{number}.pdf"
        _run("make", "--id", number, "--out", sheet, "--home", home)
        pages.append(_fax(paper.draw_pdf(sheet.read_bytes())))
    pages.insert(1, _fax(paper.draw_page("letter", 0)))
    pages[0].save(tmp_path / "fax.tif", save_all=True, append_images=pages[1:], dpi=(204, 98), compression="group4")
    found = _read(home, tmp_path / "fax.tif")
    assert [(page["page"], page["mark"]) for page in found] == [(1, "00000001"), (2, None), (3, "00000002")]
    assert found[1]["why"].startswith("no-code: ")


def _fax(page: Image.Image) -> Image.Image:
    return scan_page(page, "F98", 0, 0, random.Random(1)).picture


def test_sheets_of_others_and_old_ones_are_told_apart(home: Path, tmp_path: Path) -> None:
    other = _make(tmp_path / "other", tmp_path / "other.pdf")
    old = _make(home, tmp_path / "old.pdf", "--expires", "2025-01-31")
    found = _read(home, other, old)
    assert [page["mark"] for page in found] == [None, None]
    assert found[0]["why"].startswith("other-device: ")
    assert found[1]["why"] == "expired: the sheet was good until 2025-01-31"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--id", "123"], "an image ID has 8 digits, not '123'"),
        (["--id", "12345678", "--expires", "2099-01-01"], "a sheet expires between 2025-01-01 and 2052-05-17"),
        (["--id", "12345678", "--page", "absent.tif"], "absent.tif: the file cannot be opened"),
    ],
)
def test_what_cannot_be_made_is_told(home: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    out = tmp_path / "sheet.pdf"
    done = CliRunner().invoke(cli, ["sheet", "make", "--out", str(out), "--home", str(home), *arguments])
    assert (done.exit_code, out.exists()) == (1, False)
    assert words in done.output


def test_a_folder_that_cannot_be_written_and_a_key_that_others_read_are_told(home: Path, tmp_path: Path) -> None:
    arguments = ["sheet", "make", "--id", "12345678", "--home", str(home), "--out"]
    done = CliRunner().invoke(cli, [*arguments, str(tmp_path / "none" / "sheet.pdf")])
    assert (done.exit_code, "No such file" in done.output) == (1, True)
    (home / "mark.key").chmod(0o644)
    done = CliRunner().invoke(cli, [*arguments, str(tmp_path / "sheet.pdf")])
    assert (done.exit_code, "chmod 600" in done.output) == (1, True)


def _hostile(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    for name, content in {"empty": b"", "text": b"hello", "cut.pdf": b"%PDF-1.7\n1 0 obj", "cut.tif": b"II*\0"}.items():
        (folder / name).write_bytes(content)
        yield folder / name
    yield folder / "absent"
    yield folder
    yield made.make_cyclic_tiff(folder / "circle.tif")
    yield made.make_cyclic_form_pdf(folder / "form.pdf")
    yield made.make_password_pdf(folder / "locked.pdf")


def test_whatever_is_handed_in_gets_one_answer_a_page(home: Path, tmp_path: Path) -> None:
    files = list(_hostile(tmp_path / "bad"))
    sheet = _make(home, tmp_path / "sheet.pdf")
    found = _read(home, *files, sheet)
    places = [(page["file"], page["page"]) for page in found]
    assert len(set(places)) == len(places)
    assert {page["file"] for page in found} == {*map(str, files), str(sheet)}
    assert all(page["why"] for page in found if page["file"] != str(sheet))
    assert found[-1]["mark"] == "12345678"


def test_a_page_that_kills_the_child_is_told_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child stops saying anything at the second page, as one that a page holds up for ever."""
    monkeypatch.setattr(reader_module, "PAGE_SECONDS", 20.0)
    case = make_case(1, Wish("F196", 0, "none", 0))
    pages = [case.scanned.picture] * 3
    pages[0].save(tmp_path / "three.tif", save_all=True, append_images=pages[1:], dpi=case.scanned.dpi)
    with SheetReader(Rule(KEY, MADE)) as reader:
        found = []
        for page in reader.read_file(tmp_path / "three.tif"):
            found.append(page)
            if page.page == 1:
                _kill_child(reader)
    assert [page.page for page in found] == sorted({page.page for page in found})
    assert found[0].verdict.mark is not None
    assert found[0].verdict.mark.image_id == case.image_id
    assert found[-1].page >= 3 or "broke the program" in (found[-1].verdict.why or "")


def _kill_child(reader: SheetReader) -> None:
    child = reader._child
    assert child is not None
    os.kill(child._process.pid, signal.SIGKILL)
    child._process.wait()


def test_a_file_whose_every_page_kills_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that cannot even start stands for it."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with SheetReader(Rule(KEY, MADE)) as reader:
        found = list(reader.read_file(tmp_path / "any.tif"))
    assert [page.page for page in found] == [1, 2, 3]
    assert all("broke the program" in (page.verdict.why or "") for page in found)
    assert "the rest of the file was left unread" in (found[-1].verdict.why or "")


def test_the_command_says_nothing_else_on_either_stream(home: Path, tmp_path: Path) -> None:
    """zbar writes assertions of its own to standard error for some worn pages; nobody hears them."""
    sheet = _make(home, tmp_path / "sheet.pdf")
    picture = paper.draw_pdf(sheet.read_bytes()).crop((0, 0, 2480, 700))
    picture.resize((620, 175)).save(tmp_path / "coarse.png", dpi=(75, 75))
    command = [sys.executable, "-m", "mfp_client", "sheet", "read", "--json", str(tmp_path / "coarse.png")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "MFP_CLIENT_HOME": str(home)}
    )
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
