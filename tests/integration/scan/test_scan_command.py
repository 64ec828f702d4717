"""`mfp-client scan` and `scanners`, as a person and as a script use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from mfp_client.cli import cli
from mfp_client.scan import commands
from tests.support.escl_device import EsclDevice, Sheet, run_escl_device
from tests.support.feeding import lay_file
from tests.support.sane import TEST_DEVICE, jam_once, use_test_backend


@pytest.fixture
def device() -> Iterator[EsclDevice]:
    with run_escl_device() as made:
        made.sheets = [Sheet(210, 290), Sheet(140, 210, back=None)]
        yield made


def _run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments], input=typed)


def test_both_sides_without_the_blank_ones_into_a_pdf(device: EsclDevice, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    done = _run("scan", "--from", device.uri, "--out", str(out), "--duplex", "--resolution", "75", "--remove-blank")
    assert (done.exit_code, done.stdout) == (0, f"{out}: 3 pages, 1 blank ones left out\n")
    assert "page 1: 210 x 290 mm, 75 dpi, monochrome\n" in done.stderr
    assert "page 4: 140 x 210 mm, 75 dpi, monochrome, blank: left out\n" in done.stderr
    assert out.read_bytes()[:5] == b"%PDF-"
    assert [path.name for path in tmp_path.iterdir()] == ["out.pdf"]


def test_as_json(device: EsclDevice, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    options = ("--resolution", "75", "--color", "color", "--source", "adf", "--json")
    done = _run("scan", "--from", device.uri, "--out", str(out), *options)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["kept"], told["removed"], told["stopped_by"]) == (0, 2, 0, None)
    assert [page["number"] for page in told["pages"]] == [1, 2]
    assert told["pages"][0]["color"] == "color"
    with Image.open(out) as image:
        assert (image.n_frames, image.mode) == (2, "RGB")


def test_a_jam_ends_a_script_with_what_was_read(device: EsclDevice, tmp_path: Path) -> None:
    device.faults = {1: "ScannerAdfJam"}
    out = tmp_path / "out.tif"
    done = _run("scan", "--from", device.uri, "--out", str(out), "--resolution", "75", "--json")
    assert done.exit_code == commands.KEPT_IN_PART
    told = json.loads(done.stdout)
    assert (told["kept"], told["stopped_by"], "jammed" in told["words"]) == (1, "jam", True)
    assert out.exists()


@pytest.mark.real
@pytest.mark.parametrize(("typed", "code", "pages"), [("continue\n", 0, 12), ("end\n", 3, 2), ("drop\n", 1, 0)])
def test_a_person_is_asked_at_a_jam(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str, code: int, pages: int
) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    jam_once(monkeypatch, tmp_path / "shim", 2)
    monkeypatch.setattr(commands, "_is_attended", lambda: True)
    out = tmp_path / "out.tif"
    options = ("--source", "adf", "--resolution", "50")
    done = _run("scan", "--from", TEST_DEVICE, "--out", str(out), *options, typed=typed)
    assert done.exit_code == code, done.stderr
    assert "Stopped: a sheet is jammed" in done.stderr
    assert out.exists() == bool(pages)
    if pages:
        with Image.open(out) as image:
            assert image.n_frames == pages


def test_a_folder_is_emptied_into_a_file(tmp_path: Path) -> None:
    feeder = tmp_path / "feeder"
    feeder.mkdir()
    lay_file(feeder / "a.jpg", 120)
    out = tmp_path / "out.tif"
    done = _run("scan", "--from", f"folder:{feeder}", "--out", str(out), "--color", "bi-level")
    assert (done.exit_code, done.stdout) == (0, f"{out}: 1 pages\n")
    assert (feeder / "done" / "a.jpg").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "nonsense", "--out", "out.tif"), "is no scanner: write http://HOST/eSCL"),
        (("--from", "sane:x", "--out", "out.doc"), "should end in .tif or .pdf"),
        (("--from", "folder:none", "--out", "nowhere/out.tif"), "nowhere cannot be used"),
        (("--from", "folder:none", "--out", "out.tif"), "none is no folder"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _run("scan", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_written_of_blank_pages_alone(device: EsclDevice, tmp_path: Path) -> None:
    device.sheets = [Sheet(front="", back=None)]
    done = _run(
        "scan", "--from", device.uri, "--out", str(tmp_path / "out.tif"), "--resolution", "75", "--remove-blank"
    )
    assert (done.exit_code, "all pages are blank" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_scanners_are_listed_with_what_they_can(device: EsclDevice) -> None:
    done = _run("scanners", "--from", device.uri, "--from", "http://127.0.0.1:9")
    assert f"{device.uri}: Test Copier 7\n" in done.stdout
    assert "adf: one and two sides, bi-level, monochrome, color, 75, 100, 300 dpi, up to 216 x 356 mm" in done.stdout
    assert "127.0.0.1:9/eSCL does not answer" in done.stdout
    told = json.loads(_run("scanners", "--from", device.uri, "--json").stdout)
    assert told[0]["sources"][1] == {
        "source": "adf",
        "duplex": True,
        "colors": ["bi-level", "monochrome", "color"],
        "resolutions": [75, 100, 300],
        "resolution_range": None,
        "size_mm": [215.9, 355.6],
    }


@pytest.mark.real
def test_scanners_that_sane_knows_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane")
    done = _run("scanners", "--seconds", "0", "--json")
    assert [one["uri"] for one in json.loads(done.stdout) if one["uri"].startswith("sane:")] == [
        "sane:test:0",
        "sane:test:1",
    ]
