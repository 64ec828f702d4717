"""The device's token on its disk."""

from __future__ import annotations

import stat
from pathlib import Path

from distwire.local.token import read_token, write_token


def test_a_token_is_kept_for_the_device_alone(tmp_path: Path) -> None:
    assert read_token(tmp_path / "home") == ""
    write_token(tmp_path / "home", "ds_first")
    write_token(tmp_path / "home", "ds_second")
    assert read_token(tmp_path / "home") == "ds_second"
    assert stat.S_IMODE((tmp_path / "home" / "server-token").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["server-token"]


def test_what_a_crash_left_is_no_token(tmp_path: Path) -> None:
    (tmp_path / ".server-token.0123456789abcdef").write_text("ds_half")
    assert read_token(tmp_path) == ""
    write_token(tmp_path, "ds_whole")
    assert read_token(tmp_path) == "ds_whole"
