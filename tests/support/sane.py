"""SANE set up for one test: its `test` backend alone, or `sane-airscan` with one eSCL device."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

TEST_DEVICE = "sane:test:0"
_JAM = r"""#!/bin/sh
# Once: lets the real scanimage read {pages} pages, then says what it says at a jam.
if [ -e "{flag}" ] || [ "${{2#--batch=}}" = "$2" ]; then exec {real} "$@"; fi
touch "{flag}"
{real} "$@" --batch-count={pages} || exit
echo "scanimage: sane_read: {words}" >&2
exit 6
"""


def use_test_backend(monkeypatch: pytest.MonkeyPatch, folder: Path, **options: str) -> None:
    """The `test` backend with two devices; `options` are lines of its `test.conf`, with `_` for `-`."""
    lines = {"number_of_devices": "2", "test-picture": '"Grid"', "br_x": "80.0", "br_y": "100.0"}
    lines |= {name.replace("_", "-"): value for name, value in options.items()}
    _configure(monkeypatch, folder, "test", "".join(f"{name} {value}\n" for name, value in lines.items()))


def use_airscan(monkeypatch: pytest.MonkeyPatch, folder: Path, uri: str) -> str:
    """sane-airscan with one device, found by its address; the scanner's URI for this program."""
    text = f'[devices]\n"Test" = {uri}, escl\n[options]\ndiscovery = disable\n'
    _configure(monkeypatch, folder, "airscan", text)
    return "sane:airscan:e0:Test"


def jam_once(monkeypatch: pytest.MonkeyPatch, folder: Path, pages: int, words: str = "Document feeder jammed") -> None:
    """The first batch that is scanned ends with a fault after so many pages."""
    real = shutil.which("scanimage")
    shim = folder / "bin" / "scanimage"
    shim.parent.mkdir(parents=True)
    shim.write_text(_JAM.format(real=real, pages=pages, words=words, flag=folder / "jammed"))
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=":")


def _configure(monkeypatch: pytest.MonkeyPatch, folder: Path, backend: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dll.conf").write_text(f"{backend}\n")
    (folder / f"{backend}.conf").write_text(text)
    monkeypatch.setenv("SANE_CONFIG_DIR", str(folder))
