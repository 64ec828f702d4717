"""What a command loads before it does anything: each start pays for it, on small devices most of all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.sources import ROOT

_DATABASE = ("sqlalchemy", "alembic", "flask")
_SERVICES = ("distserver.compose", "flask", "phonenumbers")
_PICTURES = ("numpy", "lxml", "zeroconf", "flask")
_OF_LINUX = ("fcntl", "grp", "pwd", "resource", "termios", "uvloop", "Xlib")


@pytest.mark.parametrize(
    ("program", "command", "spared"),
    [
        *(("distserver.cli.root", f"distserver.cli.{name}", _DATABASE) for name in ("send", "job", "group", "fax")),
        ("distserver.cli.root", "distserver.cli.serve", _DATABASE),
        *(("mfp_client.cli", f"mfp_client.{name}.commands", _PICTURES) for name in ("printing", "running", "settings")),
        *(
            ("distserver.cli.root", f"distserver.{name}", _SERVICES)
            for name in ("store.preparation", "jobs.quota_rules")
        ),
    ],
)
def test_a_command_does_not_load_what_others_need(program: str, command: str, spared: tuple[str, ...]) -> None:
    code = f"import sys, {program}, {command}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert command in loaded.split()
    assert set(loaded.split()) & set(spared) == set()


def test_every_command_of_a_device_is_found() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "mfp_client", "--help"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert "sheet     Make and read mark sheets" in said


@pytest.mark.parametrize("module", ["cli", "receiver.program", "receiver.tray.icon", "sending.program"])
def test_what_a_pc_runs_loads_where_what_is_of_linux_is_missing(module: str) -> None:
    """As on Windows."""
    code = f"import sys; sys.modules |= dict.fromkeys({_OF_LINUX}); import pc_client.{module}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
