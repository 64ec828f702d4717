"""Options of SANE devices, as `scanimage --all-options` prints them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distwire.scan.contract import Color, Resolutions, Source
from distwire.scan.faults import (
    BrokenAnswer,
    Fault,
    FeedFault,
    ScanError,
    ScannerBusy,
    ScannerUnreachable,
    SettingRefused,
)
from distwire.scan.sane.child import explain_line
from distwire.scan.sane.options import read_options

SHEET_FED = """
All options specific to device `fujitsu:fi-7160:1':
  Standard:
    --source ADF Front|ADF Back|ADF Duplex [ADF Front]
        Selects the scan source (such as a document-feeder).
    --mode Lineart|Halftone|Gray|Color [Lineart]
        Selects the scan mode (e.g., lineart, monochrome, or color).
    --resolution 50..600dpi (in steps of 1) [600]
        Sets the resolution of the scanned image.
  Geometry:
    -l 0..215.872mm (in steps of 0.0211639) [0]
        Top-left x position of scan area.
    -x 0..215.872mm (in steps of 0.0211639) [215.872]
        Width of scan-area.
    -y 0..355.6mm (in steps of 0.0211639) [279.364]
        Height of scan-area.
"""
COMBINED = """
    --mode Binary|Gray|Color [Gray]
    --depth 8|16 [8]
    --resolution 75|150|300|600dpi [75]
    --source Flatbed|Automatic Document Feeder [Flatbed]
    --adf-mode Simplex|Duplex [inactive]
    --duplex[=(yes|no)] [no]
"""
SIMPLE = """
    --mode True Gray|24bit Color [24bit Color]
    --resolution 100|200dpi [100]
"""


def test_a_feeder_with_sides_in_its_source() -> None:
    options = read_options(SHEET_FED)
    assert options.name_source(Source.PLATEN) is None
    assert options.name_source(Source.ADF) == "ADF Front"
    assert options.name_duplex() == ["--source", "ADF Duplex"]
    assert options.read_size() == (21587, 35560)
    assert options.read_resolutions() == Resolutions((), 50, 600)
    assert options.name_mode(Color.BI_LEVEL) == "Lineart"


def test_a_feeder_with_sides_in_an_option_of_its_own() -> None:
    options = read_options(COMBINED)
    assert options.name_source(Source.PLATEN) == "Flatbed"
    assert options.name_duplex() == ["--source", "Automatic Document Feeder", "--duplex=yes"]
    active = read_options(COMBINED.replace("[inactive]", "[Simplex]"))
    assert active.name_duplex() == ["--source", "Automatic Document Feeder", "--adf-mode", "Duplex"]
    assert options.read_resolutions() == Resolutions((75, 150, 300, 600))


def test_a_flatbed_without_sources() -> None:
    options = read_options(SIMPLE)
    assert options.name_source(Source.PLATEN) == ""
    assert options.name_source(Source.ADF) is None
    assert options.name_duplex() is None
    assert options.name_mode(Color.BI_LEVEL) == options.name_mode(Color.MONOCHROME) == "True Gray"
    assert options.name_mode(Color.COLOR) == "24bit Color"
    assert options.read_size() == (21000, 29700)


@given(st.text(max_size=300))
def test_anything_printed_is_read(text: str) -> None:
    options = read_options(f"    --source {text} [x]\n{text}\n    --resolution {text} [y]")
    options.read_resolutions()
    options.read_size()
    options.name_duplex()


@example("    --resolution 1.2.3..4dpi [75]\n    -x 0..99999999999mm [1]")
@given(st.from_regex(r"    --resolution [0-9.|-]{1,30}dpi \[75\]\n    -x [0-9.-]{1,20}mm \[1\]", fullmatch=True))
def test_numbers_that_are_none_are_no_numbers(text: str) -> None:
    options = read_options(text)
    assert not options.read_resolutions().allows(0)
    assert len(options.read_size()) == 2


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("scanimage: sane_start: Device busy", ScannerBusy),
        ("scanimage: sane_read: Error during device I/O", ScannerUnreachable),
        ("scanimage: open of device x failed: Access to resource has been denied", SettingRefused),
        ("scanimage: sane_start: Out of memory", BrokenAnswer),
    ],
)
def test_failures_have_their_types(line: str, kind: type[ScanError]) -> None:
    assert type(explain_line(line)) is kind


def test_faults_of_the_feeder_are_told_apart() -> None:
    error = explain_line("scanimage: sane_read: Document feeder jammed")
    assert isinstance(error, FeedFault)
    assert error.fault is Fault.JAM
