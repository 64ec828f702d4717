"""The fence around child processes that read what strangers wrote."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from distwire.fence import find_packages, make_command, make_environment, start_child

_LIMITS = "from distwire.fence import set_limits; set_limits(memory=1 << 30, file_octets=1000, cpu_seconds=1); "


def _run(words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", _LIMITS + words]
    return subprocess.run(command, env=make_environment(), capture_output=True, text=True, check=False)


def test_memory_is_limited() -> None:
    assert "MemoryError" in _run("bytearray(2 << 30)").stderr


def test_files_are_limited(tmp_path: Path) -> None:
    done = _run(f"open({str(tmp_path / 'file')!r}, 'wb', buffering=0).write(bytes(2000)) == 1000 or exit(3)")
    assert done.returncode == 0
    assert (tmp_path / "file").stat().st_size == 1000


def test_cpu_time_is_limited() -> None:
    assert _run("\nwhile True: pass").returncode == -signal.SIGXCPU


def test_a_child_is_not_told_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert "SECRET" not in make_environment()


def test_a_child_is_told_what_windows_starts_no_python_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMROOT", r"C:\Windows")
    assert make_environment()["SYSTEMROOT"] == r"C:\Windows"
    monkeypatch.delenv("SYSTEMROOT")
    assert "SYSTEMROOT" not in make_environment()


def test_a_child_runs_our_module_and_not_one_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "distwire").mkdir()
    (tmp_path / "distwire/__init__.py").write_text("raise SystemExit('a stranger')")
    monkeypatch.chdir(tmp_path)
    with start_child("distwire.fence") as child:
        said, _ = child.communicate()
    assert (child.returncode, said) == (0, b"")
    assert make_command("a.b", "c")[-3:] == ["-m", "a.b", "c"]
    assert find_packages()["PYTHONPATH"].split(os.pathsep)
