"""A receiver that was left by a session that has ended makes room for that of the next one."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.pc import PATIENCE, Pc, run_office_with_pc
from tests.support.server import ROOT

pytestmark = pytest.mark.real


def _need_key(address: str) -> None:
    """Others than programs of the account do not end it."""
    headers = {"X-Screen": "1", "Content-Type": "application/json", "Authorization": "Bearer none"}
    asked = urllib.request.Request(f"{address}api/hand-over", b'{"session": "another"}', headers)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(asked, timeout=60)


def _need_refusal(pc: Pc) -> None:
    command = [sys.executable, "-m", "pc_client", "receiver", "--home", str(pc.home)]
    again = subprocess.run(
        command, cwd=ROOT, env=pc.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert again.returncode == 1
    assert "runs already" in again.stderr


def test_one_that_prints_all_that_comes_goes_on(tmp_path: Path) -> None:
    """Else nothing is printed from then on, and nobody is told so."""
    with run_office_with_pc(tmp_path, {"DISPLAY": ":4711"}) as (_, pc):
        (tmp_path / "printed").mkdir()
        pc.start("--print-to", str(tmp_path / "printed"))
        assert pc.process is not None
        pc.environment["DISPLAY"] = ":4712"
        _need_refusal(pc)
        assert pc.process.poll() is None


def test_the_newest_session_has_the_receiver(tmp_path: Path) -> None:
    with run_office_with_pc(tmp_path, {"DISPLAY": ":4711"}) as (_, pc):
        pc.start()
        left, pc.process = pc.process, None
        assert left is not None
        try:
            _need_refusal(pc)
            assert left.poll() is None
            _need_key(pc.said)
            assert left.poll() is None
            pc.environment["DISPLAY"] = ":4712"
            pc.start()
            assert left.wait(30) == 0
            assert pc.said.startswith("http://127.0.0.1:")
        finally:
            left.kill()
            left.wait()
            assert left.stdout is not None
            left.stdout.close()
