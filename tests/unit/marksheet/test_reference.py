"""The reference page of mark sheets says what the code does."""

from __future__ import annotations

import click
import pytest

from distwire.marks import FORM, Finding
from mfp_client.home import HOME_VARIABLE
from mfp_client.marksheet import child, layout, reader, scans, verdict
from mfp_client.marksheet.commands import sheet
from tests.support.sources import ROOT

PAGE = (ROOT / "docs/reference/mark-sheets.md").read_text(encoding="utf-8")
SHEET = (ROOT / "docs/how-to/use-mark-sheets.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sheet.commands.values(), ids=str)
def test_every_option_is_described(command: click.Command) -> None:
    options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    assert options
    assert [name for name in options if f"`{name}`" not in PAGE] == []
    assert f"${HOME_VARIABLE}" in PAGE


def test_every_keyword_is_described_and_has_a_mend() -> None:
    told = {Finding.EXPIRED, Finding.FORGED, Finding.OTHER_DEVICE}
    for keyword in (*told, "foreign-codes", verdict.NO_CODE, verdict.UNREADABLE):
        assert f"| `{keyword}` |" in PAGE
        assert f"| `{keyword}` |" in SHEET


def test_sizes_and_limits_are_those_of_the_code() -> None:
    assert FORM.pattern.count("{") == 4
    assert f"{layout.PATCH_WIDTH:.0f} × {layout.PATCH_HEIGHT:.0f} mm" in PAGE
    assert f"begins {layout.PATCH_TOP:g} mm from the upper and {layout.PATCH_RIGHT:g} mm" in PAGE
    assert f"{scans.MOST_PAGES:,}; what follows" in PAGE
    assert f"{scans.MOST_PIXELS // 10**6} million" in PAGE
    assert f"{child.MEMORY >> 30} GiB" in PAGE
    assert f"{child.CPU_SECONDS} s of CPU, {reader.PAGE_SECONDS:g} s by the clock" in PAGE
    assert f"| {reader.MOST_BROKEN}, then the rest" in PAGE
