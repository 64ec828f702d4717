"""The scripts that add a group as a printer on macOS and Windows: as far as they can be tried here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MACOS, WINDOWS = ROOT / "deploy" / "pc" / "add-group-printer-macos.sh", ROOT / "deploy" / "pc" / "add-group-printer.ps1"


def call(tmp_path: Path, *arguments: str) -> tuple[int, list[str], str]:
    """Exit code, what `lpadmin` was called with, what was said to standard error."""
    fake = tmp_path / "lpadmin"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/called"\n')
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", str(MACOS), *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    called = tmp_path / "called"
    return done.returncode, called.read_text().splitlines() if called.exists() else [], done.stderr


def test_macos_adds_a_group_as_a_driverless_printer(tmp_path: Path) -> None:
    uri = "ipps://print.example.org:8640/ipp/print/sales"
    code, called, _ = call(tmp_path, uri)
    assert code == 0
    assert called == ["-p", "sales", "-E", "-v", uri, "-m", "everywhere", "-o", "printer-is-shared=false"]
    assert call(tmp_path, "--remove", "sales")[:2] == (0, ["-x", "sales"])


@pytest.mark.parametrize(
    "arguments",
    [(), ("http://print.example.org/",), ("ipp://h/ipp/print/",), ("--remove",), ("ipp://h/ipp/print/%E5%96%B6",)],
)
def test_macos_refuses_what_is_no_group(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, called, said = call(tmp_path, *arguments)
    assert (code, called) == (2, [])
    assert said


def test_windows_script_is_closed_and_calls_what_windows_has() -> None:
    """Every bracket is closed and every cmdlet is one of the module PrintManagement, or of PowerShell itself."""
    code = re.sub(r"#.*|'[^']*'|\"[^\"]*\"", "", WINDOWS.read_text(encoding="utf-8"))
    for opening, closing in ("{}", "()", "[]"):
        assert code.count(opening) == code.count(closing)
    known = {"Add-Printer", "Get-Printer", "Remove-Printer", "Get-Command", "Write-Output", "Set-StrictMode"}
    assert set(re.findall(r"\b[A-Z][a-z]+-[A-Z]\w+", code)) <= known


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell is not here: its parser cannot be asked")
def test_powershell_parses_the_windows_script() -> None:
    told = f"[void][ScriptBlock]::Create((Get-Content -Raw '{WINDOWS}'))"
    done = subprocess.run(["pwsh", "-NoProfile", "-Command", told], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
