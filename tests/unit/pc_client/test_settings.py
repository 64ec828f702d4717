"""The settings of a PC: read with the line where it is wrong, written so that comments stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pc_client.cli import cli
from pc_client.settings import FILE, PcSettings, SettingsError


def test_a_home_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    assert FILE.load(tmp_path / "none") == PcSettings()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('quiet_from = "25:00"', 'quiet_from: write a time of day as "HH:MM"'),
        ("dialog = 1", "dialog: write true or false"),
        ('printer = "lpt1"', 'printer: write "cups:QUEUE", "ipp://HOST/ipp/print", or "" for none'),
        ('colour = "red"', "colour: there is no such setting; `pc-client settings show` lists all of them"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / FILE.name).write_text(f'name = "Front desk"\n{line}\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        FILE.load(tmp_path)
    assert f"line 2: {words}" in str(caught.value)


def test_comments_stay_when_a_setting_changes(tmp_path: Path) -> None:
    (tmp_path / FILE.name).write_text('# mine\nname = "Front desk"\n', encoding="utf-8")
    FILE.save(tmp_path, FILE.change(FILE.load(tmp_path), {"printer": "cups:Office"}))
    said = (tmp_path / FILE.name).read_text(encoding="utf-8")
    assert said.startswith("# mine\n")
    assert FILE.load(tmp_path).printer == "cups:Office"


def test_show_tells_where_each_value_came_from(tmp_path: Path) -> None:
    (tmp_path / FILE.name).write_text('name = "Front desk"\n', encoding="utf-8")
    shown = CliRunner().invoke(cli, ["settings", "show", "--home", str(tmp_path), "--explain"])
    assert shown.exit_code == 0
    assert f'"Front desk"   from {tmp_path / FILE.name}' in shown.output
    assert "from default" in shown.output
