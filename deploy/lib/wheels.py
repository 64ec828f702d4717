"""Makes .venv and installs pinned packages into it; whatever interrupts it, the next start puts it right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy.lib import debian
from deploy.lib.mends import ROOT, VENV, SetupFailed, explain_pip

PYTHON = VENV / "bin/python"
LOG = VENV / "install.log"
# Stands while pip writes: found at a start, it tells of an interrupted installation, whose packages cannot be trusted.
_UNDER_WAY = VENV / ".installing"
_SOURCE_ONLY = "dkimpy"  # nothing but Python, and published as source alone: it needs no compiler


def ensure_venv() -> None:
    """Make .venv, or make it anew when it is broken. Raises `SetupFailed`, `OSError`."""
    if not _UNDER_WAY.exists() and _works():
        return
    _ensure_venv_module()
    _say(f"making a Python environment in {VENV}")
    done = _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if done.returncode != 0:
        raise SetupFailed(explain_pip(done.stdout, VENV))


def install(requirements: str, purpose: str, *, wheels_only: bool = True) -> None:
    """Install `deploy/REQUIREMENTS.txt`, kept to `deploy/constraints.txt`. Raises `SetupFailed`, `OSError`."""
    listed = ROOT / "deploy" / f"{requirements}.txt"
    _say(f"installing Python packages {purpose} ({listed.relative_to(ROOT)})")
    command = [str(PYTHON), "-I", "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    command += ["--only-binary", ":all:", "--no-binary", _SOURCE_ONLY] if wheels_only else []
    command += ["-r", str(listed), "-c", str(ROOT / "deploy/constraints.txt")]
    _UNDER_WAY.touch()
    done = _run(command)
    LOG.write_text(done.stdout)
    if done.returncode != 0:
        if done.returncode > 0 and "Installing collected packages" not in done.stdout:  # it has written nothing yet
            _UNDER_WAY.unlink()
        if done.returncode < 0:
            raise SetupFailed(f"pip was ended by signal {-done.returncode}: start again")
        raise SetupFailed(explain_pip(done.stdout, LOG))
    _UNDER_WAY.unlink()


def _works() -> bool:
    return PYTHON.exists() and _run([str(PYTHON), "-I", "-m", "pip", "--version"]).returncode == 0


def _ensure_venv_module() -> None:
    if _run([sys.executable, "-I", "-c", "import ensurepip, venv"]).returncode == 0:
        return
    package = f"python3.{sys.version_info.minor}-venv" if sys.executable.startswith("/usr/bin/") else "python3-venv"
    if not debian.may_install():
        raise SetupFailed(f"Python's venv module is missing: have an administrator run 'apt-get install {package}'")
    _say(f"installing Debian package {package}")
    debian.install([package])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=Path("/"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _say(text: str) -> None:
    print(f"deploy: {text}", file=sys.stderr, flush=True)
