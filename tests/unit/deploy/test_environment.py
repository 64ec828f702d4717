"""Shell and Python agree on when a clone is ready, on a copy of what they read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.lib import debian
from tests.support.sources import ROOT

PARTS = ("main", "cups", "marks", "test")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with an interpreter in .venv and nothing installed."""
    return _make_clone(tmp_path)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may walk; pytest's is its owner's."""
    with tempfile.TemporaryDirectory(prefix="clone-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _make_clone(folder: Path) -> Path:
    root = folder / "a clone"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "deploy", root / "deploy", ignore=ignored)
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/bin/python").symlink_to(Path(sys.executable).resolve())
    return root


def _shell(clone: Path, script: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-euo", "pipefail", "-c", f'source "$0/deploy/lib/environment.sh"; {script}', str(clone)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})


def _mark(clone: Path, part: str) -> None:
    script = f"from deploy.lib import stamps; stamps.mark_ready({part!r}); assert stamps.is_ready({part!r})"
    subprocess.run([sys.executable, "-P", "-c", script], check=True, env={"PYTHONPATH": str(clone)})


@pytest.mark.parametrize("part", ["main", "cups", "marks"])
def test_shell_knows_what_python_marked(clone: Path, part: str) -> None:
    assert _shell(clone, f"is_ready {part}").returncode != 0
    _mark(clone, part)
    assert _shell(clone, f"is_ready {part}").returncode == 0


@pytest.mark.parametrize("changed", ["requirements.txt", "constraints.txt", "debian-cups.txt", "debian-marks.txt"])
def test_a_changed_list_makes_it_unready(clone: Path, changed: str) -> None:
    _mark(clone, "main")
    with (clone / "deploy" / changed).open("a") as file:
        file.write("# more\n")
    assert _shell(clone, "is_ready main").returncode != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="the superuser only can become somebody else")
def test_a_python_that_this_user_may_not_run_is_told(open_folder: Path) -> None:
    clone = _make_clone(open_folder)
    clone.chmod(0o755)
    (open_folder / "owned").mkdir(mode=0o700)
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").symlink_to(open_folder / "owned/python")
    script = f'source "{clone}/deploy/lib/environment.sh"; environment main'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, user=65534, cwd="/")
    assert (done.returncode, done.stderr.count("\n")) == (78, 1), done.stderr
    assert "you may not run the Python of this clone" in done.stderr


def test_a_new_interpreter_makes_it_unready(clone: Path) -> None:
    _mark(clone, "main")
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").symlink_to("/bin/sh")
    assert _shell(clone, "is_ready main").returncode != 0


def test_what_the_tests_need_is_looked_at_each_time(clone: Path) -> None:
    """Debian packages may go without a word to the clone."""
    _mark(clone, "test")
    assert _shell(clone, "is_ready test").returncode != 0


def test_home_stands_in_the_clone_unless_it_is_set(clone: Path) -> None:
    assert _shell(clone, 'printf %s "$DISTSERVER_HOME"').stdout == f"{clone}/var"
    assert (
        _shell(clone, 'DISTSERVER_HOME=/x; source "$0/deploy/lib/environment.sh"; printf %s "$DISTSERVER_HOME"').stdout
        == "/x"
    )


def test_no_python_is_told_in_one_line(clone: Path, tmp_path: Path) -> None:
    for name in ("readlink", "dirname", "cat", "sha256sum", "bash"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    script = f'source "$0/deploy/lib/environment.sh"; PATH={tmp_path}; environment main'
    done = _shell(clone, script)
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert "apt-get install python3 python3-venv" in done.stderr


def test_lists_are_read_without_their_remarks() -> None:
    assert "cups" in debian.read_list("debian-test")
    assert all("#" not in name and " " not in name for name in debian.read_list("debian-test"))


def test_missing_packages_are_those_that_dpkg_does_not_have() -> None:
    packages = ["no-such-package-of-debian"]
    assert debian.find_missing(packages) == packages


@pytest.mark.parametrize("name", ["run", "test", "bench", "distserver", "mfp-client", "../.ci/run"])
def test_commands_are_programs_in_good_shell(name: str) -> None:
    path = ROOT / "deploy" / name
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_bench_lists_what_there_is() -> None:
    done = subprocess.run([ROOT / "deploy/bench"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    benches = [path.stem for path in (ROOT / "tests/bench").glob("[a-z]*.py")]
    assert all(f"  {name} " in done.stderr for name in benches)
