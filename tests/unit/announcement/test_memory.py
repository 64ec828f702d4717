"""Names of printers that outlive a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from distserver.intake.ipp.announcement.memory import NameMemory
from tests.support.announcing import make_printer

PRINTER = make_printer("営業所")


def test_a_name_outlives_a_restart_but_not_a_new_name_of_the_group(tmp_path: Path) -> None:
    first = NameMemory(tmp_path / "store" / "names.json")
    first.note(PRINTER, "営業所 (3FA9C2)")
    first.save()
    again = NameMemory(tmp_path / "store" / "names.json")
    assert again.find(PRINTER) == "営業所 (3FA9C2)"
    assert again.find(replace(PRINTER, name="本社")) is None
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["names.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}', '{"x": ["a"]}', '{"x": ["a", ""]}', '{"x": ["a", "b.c"]}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "names.json"
    file.write_text(text.replace("x", str(PRINTER.uuid)))
    assert NameMemory(file).find(PRINTER) is None


def test_a_disk_that_takes_nothing_is_told_and_hurts_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    memory = NameMemory(tmp_path / "file" / "names.json")
    memory.note(PRINTER, "x")
    memory.save()
    assert memory.find(PRINTER) == "x"
    assert "dnssd-names-not-kept" in [record.message for record in caplog.records]


def test_nothing_is_written_when_nothing_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    memory = NameMemory(file)
    memory.note(PRINTER, "x")
    memory.save()
    file.unlink()
    memory.note(PRINTER, "x")
    memory.save()
    assert not file.exists()
