"""A home has one server; what it cannot be used for is told before anything starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from distserver.errors import SetupError
from distserver.store.claim import HomeServed, claim_home, find_holder
from distserver.store.folder import check_there, check_usable
from tests.support.sources import ROOT

_SECOND = (
    "import sys; from pathlib import Path; from distserver.store.claim import claim_home\n"
    "with claim_home(Path(sys.argv[1])): pass"
)


def test_a_second_server_is_refused_with_who_and_where(tmp_path: Path) -> None:
    with claim_home(tmp_path) as claim:
        claim.tell("http://127.0.0.1:8631")
        with (
            pytest.raises(HomeServed, match=rf"by process {os.getpid()} at http://127\.0\.0\.1:8631: end it, or"),
            claim_home(tmp_path),
        ):
            raise AssertionError("two have it")
        holder = find_holder(tmp_path)
        assert holder is not None
        assert (holder.pid, holder.url) == (os.getpid(), "http://127.0.0.1:8631")
    assert find_holder(tmp_path) is None
    with claim_home(tmp_path):
        assert json.loads((tmp_path / ".serving").read_text())["url"] == ""


def test_a_child_that_inherits_keeps_the_home(tmp_path: Path) -> None:
    with claim_home(tmp_path) as claim:
        child = subprocess.Popen(["sleep", "600"], pass_fds=(claim.descriptor,))
    try:
        second = subprocess.run(
            [sys.executable, "-c", _SECOND, str(tmp_path)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
        assert "is served already" in second.stderr
    finally:
        child.kill()
        child.wait()


def test_what_a_home_lacks_is_told_with_its_mend(tmp_path: Path) -> None:
    check_usable(tmp_path / "new", 0)
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(SetupError, match="kept in reserve: free some space, choose another folder with --home"):
        check_usable(tmp_path, 1 << 40)
    with pytest.raises(SetupError, match="choose another folder with --home"):
        check_usable(Path("/proc/x"), 0)
    with pytest.raises(SetupError, match="there is no folder"):
        check_there(tmp_path / "nowhere")


@pytest.mark.skipif(os.geteuid() != 0, reason="the superuser only can become somebody else")
def test_a_folder_of_somebody_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o700)
    script = (
        f"import os; from pathlib import Path; from distserver.store.folder import check_usable; os.seteuid(65534)\n"
        f"check_usable(Path({str(tmp_path / 'home')!r}), 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert "run as its owner, or choose another folder with --home" in done.stderr
