"""Files of a device are whole or as before, and nobody else reads them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from distwire.local.own_file import make_own_file, remove_leavings, write_own_file
from tests.support.full_disk import fill_disk


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(("keep", "mode"), [(False, 0o600), (True, 0o640)])
def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path, keep: bool, mode: int) -> None:
    path = tmp_path / "own"
    write_own_file(path, b"one", keep_mode=keep)
    assert (path.read_bytes(), _mode(path)) == (b"one", 0o600)
    path.chmod(0o640)
    write_own_file(path, b"two", keep_mode=keep)
    assert (path.read_bytes(), _mode(path)) == (b"two", mode)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_own_file(path, b"one")
    make_own_file(path, b"two")
    assert (path.read_bytes(), _mode(path)) == (b"one", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own"
    write_own_file(path, b"one")
    fill_disk(monkeypatch)
    with pytest.raises(OSError, match="No space"):
        write_own_file(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_of_a_file_goes_and_nothing_else(tmp_path: Path) -> None:
    names = [".own.json.0123456789abcdef", "own.json", ".own.json.part", ".other.0123456789abcdef"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    remove_leavings(tmp_path, "*.json")
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(names[1:])
