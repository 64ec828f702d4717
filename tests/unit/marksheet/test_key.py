"""D7: the key that a device signs with."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from mfp_client.marksheet.key import NAME, KeyUnusable, load_key


def test_it_is_made_at_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "device"
    key = load_key(home)
    assert (len(key), load_key(home)) == (32, key)
    assert stat.S_IMODE((home / NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert [path.name for path in home.iterdir()] == [NAME]


def test_devices_have_different_keys(tmp_path: Path) -> None:
    assert load_key(tmp_path / "one") != load_key(tmp_path / "two")


def test_who_starts_at_once_gets_the_same_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    gate = threading.Barrier(8)

    def load() -> None:
        gate.wait()
        keys.append(load_key(tmp_path))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(keys), len(set(keys))) == (8, 1)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_others_may_touch_is_not_used(tmp_path: Path, mode: int) -> None:
    load_key(tmp_path)
    (tmp_path / NAME).chmod(mode)
    with pytest.raises(KeyUnusable, match=f"chmod 600 {tmp_path / NAME}"):
        load_key(tmp_path)


@pytest.mark.parametrize("content", ["", "00" * 31, "00" * 33, "zz" * 32, "\N{SNOWMAN}"])
def test_a_damaged_key_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / NAME
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match="is no key: put it back from a backup"):
        load_key(tmp_path)
    assert path.read_text(encoding="utf-8") == content


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyUnusable, match="cannot be kept in"):
        load_key(tmp_path / "file" / "home")
