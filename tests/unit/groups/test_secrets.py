"""The file of secrets: for its owner only, read anew when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from distserver.errors import SetupError
from distserver.groups.secrets import Secrets


def write(path: Path, text: str, mode: int = 0o600) -> Secrets:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return Secrets(path)


def test_values_by_name(tmp_path: Path) -> None:
    secrets = write(tmp_path / "secrets", "# keys\n\nbranch  pass word  \nhook 鍵\n")
    assert secrets.resolve("@branch") == "pass word"
    assert secrets.resolve("@hook") == "鍵"
    assert secrets.resolve("plain") == "plain"
    assert secrets.resolve(None) is None
    assert secrets.list() == ("branch", "hook")


def test_an_edit_counts_at_once(tmp_path: Path) -> None:
    secrets = write(tmp_path / "secrets", "a one\n")
    assert secrets.find("a") == "one"
    write(tmp_path / "secrets", "a another\n")
    assert secrets.find("a") == "another"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_what_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    secrets = write(tmp_path / "secrets", "a one\n", mode)
    with pytest.raises(SetupError, match="chmod 600"):
        secrets.find("a")


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="mode 0600"):
        Secrets(tmp_path / "secrets").find("a")
    with pytest.raises(SetupError, match="no secret 'b'"):
        write(tmp_path / "secrets", "a one\n").find("b")


def test_a_line_that_is_none_is_told_without_what_it_says(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        write(tmp_path / "secrets", "a one\nwordalone\n").find("a")
    assert "secrets:2" in str(caught.value)
    assert "wordalone" not in str(caught.value)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "secrets", 0o600)
    with pytest.raises(SetupError, match="cannot be read"):
        Secrets(tmp_path / "secrets").find("a")
