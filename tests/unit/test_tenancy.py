"""A folder that one program has at a time."""

from __future__ import annotations

import errno
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mfp_client.tenancy import hold_folder

_HOLDER = """
import pathlib, subprocess, sys
from mfp_client.tenancy import hold_folder
with hold_folder(pathlib.Path(sys.argv[1])):
    print(subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL).pid, flush=True)
    input()
"""


def test_the_second_is_turned_away_and_told_why(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "home"
    with hold_folder(folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with pytest.raises(OSError, match="another mfp-client") as refused, hold_folder(folder):
            pass
        assert (refused.value.errno, refused.value.filename) == (errno.EBUSY, str(folder))
    with hold_folder(folder):
        pass


def test_it_ends_with_the_process_whatever_ends_that_and_no_child_keeps_it(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        with pytest.raises(OSError, match="another mfp-client"), hold_folder(tmp_path):
            pass
        holder.kill()
        holder.communicate()
        with hold_folder(tmp_path):
            pass
    finally:
        subprocess.run(["kill", str(child)], check=False)
