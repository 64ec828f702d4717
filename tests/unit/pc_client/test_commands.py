"""The receiver's commands: where it prints, and the entry by which it starts."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from pc_client.cli import cli
from pc_client.receiver.commands import find_target


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
