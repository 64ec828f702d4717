"""The receiver's commands: where it prints, and the entry by which it starts."""

from __future__ import annotations

import configparser
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from distwire.api.jobs import SubmissionForm
from pc_client.cli import cli
from pc_client.receiver.commands import find_target
from pc_client.sending.order import Order
from pc_client.sending.outbox import Outbox
from tests.support.sources import ROOT


@pytest.mark.parametrize(
    ("told", "target"),
    [
        ("", ""),
        ("Office", "cups:Office"),
        ("cups:Office", "cups:Office"),
        ("ipp://printer/ipp/print", "ipp://printer/ipp/print"),
        ("/srv/in", "/srv/in"),
    ],
)
def test_a_bare_word_is_a_queue(told: str, target: str) -> None:
    assert find_target(told) == target


def test_a_pc_that_is_not_enrolled_is_told_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["receiver", "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert "run `pc-client enrol`" in done.output


def test_a_title_that_a_terminal_has_no_letters_for_ends_no_program(tmp_path: Path) -> None:
    """As where the words go into a file on Windows, or the locale is of an older system."""
    (tmp_path / "prices.pdf").write_bytes(b"x")
    form = SubmissionForm(group=["all"], title="\u4fa1\u683c\u8868")
    order = Order(key="0123456789", server="https://x", name="prices.pdf", form=form)
    Outbox(tmp_path).put(order, tmp_path / "prices.pdf")
    command = [sys.executable, "-m", "pc_client", "outbox", "--home", str(tmp_path)]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"0123456789  \u4fa1\u683c\u8868  to all" in done.stdout


def test_autostart_writes_an_entry_and_takes_it_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    home = tmp_path / "my home"
    assert CliRunner().invoke(cli, ["autostart", "on", "--home", str(home)]).exit_code == 0
    entry = tmp_path / "config" / "autostart" / "distserver-pc.desktop"
    read = configparser.ConfigParser(interpolation=None)
    read.read(entry, encoding="utf-8")
    command = shlex.split(read["Desktop Entry"]["Exec"])
    assert command[0] == "env"
    assert command[1] == f"PC_CLIENT_HOME={home}"
    assert command[-1] == "receiver"
    assert CliRunner().invoke(cli, ["autostart", "off", "--home", str(home)]).exit_code == 0
    assert not entry.exists()
