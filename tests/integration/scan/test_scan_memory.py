"""What a scan costs: memory does not grow with its pages, hostile scanners gain none, an end leaves nothing behind."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.support.escl_device import Reply, Sheet, run_escl_device
from tests.support.patience import wait_until
from tests.support.processes import is_alive
from tests.support.sane import TEST_DEVICE, use_test_backend

_MEASURED = """
import re, resource, sys
from pathlib import Path
from mfp_client.cli import cli
try:
    cli(sys.argv[1:])
finally:
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
    print([one // 1024 for one in (peak, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)], file=sys.stderr)
"""
"""VmHWM, as RUSAGE_SELF of a new program begins with the peak of the one that started it."""


def _scan(uri: str, out: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], int, int]:
    """The finished command, and the most memory that it and its child had, in MB."""
    command = [sys.executable, "-c", _MEASURED, "scan", "--from", uri, "--out", str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    own, child = json.loads(done.stderr.splitlines()[-1])
    return done, own, child


def test_memory_does_not_grow_with_pages(tmp_path: Path) -> None:
    peaks = []
    for sheets in (2, 40):
        with run_escl_device() as device:
            device.sheets = [Sheet() for _ in range(sheets)]
            done, own, child = _scan(device.uri, tmp_path / f"{sheets}.pdf", "--resolution", "100")
            assert done.returncode == 0, done.stderr
            peaks.append((own, child))
    assert peaks[1][0] < peaks[0][0] + 25
    assert peaks[1][1] < peaks[0][1] + 25


def test_endless_and_huge_pages_take_no_memory(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("L", (64, 64), "white").save(out, "JPEG")
    huge = bytearray(out.getvalue())
    frame = huge.index(b"\xff\xc0")
    huge[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    with run_escl_device() as device:
        device.sheets = [Sheet()]
        device.answers["NextDocument"] = [Reply(body=bytes(huge), media_type="image/jpeg")]
        done, own, child = _scan(device.uri, tmp_path / "huge.pdf")
        assert (done.returncode, "far too many pixels" in done.stderr) == (1, True)
        assert max(own, child) < 200
        device.answers["NextDocument"] = [Reply(body=(bytes(1 << 20) for _ in range(400)), media_type="image/jpeg")]
        done, own, child = _scan(device.uri, tmp_path / "endless.pdf")
        assert (done.returncode, "page of more than 256 MB" in done.stderr) == (1, True)
        assert max(own, child) < 200
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
def test_a_scan_that_is_ended_leaves_no_process_and_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_test_backend(monkeypatch, tmp_path / "sane", read_delay="true", read_delay_duration="100000", read_limit="true")
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-m", "mfp_client", "scan", "--from", TEST_DEVICE, "--out", str(out / "a.tif")]
    running = subprocess.Popen([*command, "--source", "adf", "--resolution", "300"], stderr=subprocess.PIPE)
    try:
        wait_until(lambda: bool(_children(running.pid)), lambda: "scanimage is not at work")
        children = _children(running.pid)
        running.send_signal(signal.SIGTERM)
        running.communicate()
    finally:
        running.kill()
    assert running.returncode == 128 + signal.SIGTERM
    assert [child for child in children if is_alive(child)] == []
    assert list(out.iterdir()) == []


def _children(process: int) -> list[int]:
    """Those that read a batch; the one that lists options is past."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(one) for one in found if b"--batch" in _read_command(one)]


def _read_command(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
