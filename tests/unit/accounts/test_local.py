"""The first start: a user, and files by which commands of the same machine find their way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from distserver.accounts import local
from distserver.errors import SetupError
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from tests.unit.accounts.conftest import Desk

URL = "http://127.0.0.1:8631"


def test_the_first_start_makes_an_administrator_and_tells_nobody_else(desk: Desk, tmp_path: Path) -> None:
    assert local.prepare(desk.accounts, tmp_path, URL)
    for path in (local.local_file(tmp_path), local.password_file(tmp_path)):
        assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    password = local.password_file(tmp_path).read_text().strip()
    assert desk.accounts.sign_in("admin", password, "127.0.0.1").role is Role.ADMINISTRATOR
    known = json.loads(local.local_file(tmp_path).read_text())
    assert known["url"] == URL
    assert desk.accounts.authenticate(known["token"], "127.0.0.1") == Actor("admin", Role.ADMINISTRATOR)


def test_later_starts_keep_the_token_and_follow_the_address(desk: Desk, tmp_path: Path) -> None:
    local.prepare(desk.accounts, tmp_path, URL)
    first = local.read_local(tmp_path)
    assert not local.prepare(desk.accounts, tmp_path, "http://127.0.0.1:9000")
    assert first is not None
    assert local.read_local(tmp_path) == local.LocalAccess("http://127.0.0.1:9000", first.token)


def test_a_token_of_another_database_is_replaced(desk: Desk, tmp_path: Path) -> None:
    local.write_secret(local.local_file(tmp_path), '{"url": "http://old", "token": "ds_of-another-database"}')
    local.prepare(desk.accounts, tmp_path, URL)
    known = local.read_local(tmp_path)
    assert known is not None
    assert desk.accounts.authenticate(known.token, "127.0.0.1").name == "admin"


def test_a_damaged_file_is_told_with_its_mend(tmp_path: Path) -> None:
    assert local.read_local(tmp_path) is None
    local.write_secret(local.local_file(tmp_path), "{")
    with pytest.raises(SetupError, match="remove it and start the server again"):
        local.read_local(tmp_path)


def test_a_server_beside_another_leaves_its_files_alone(desk: Desk, tmp_path: Path) -> None:
    local.prepare(desk.accounts, tmp_path, URL)
    before = local.local_file(tmp_path).read_bytes()
    local.prepare(desk.accounts, tmp_path, None)
    assert local.local_file(tmp_path).read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="the superuser only can become somebody else")
def test_a_file_of_somebody_else_is_not_called_damaged(tmp_path: Path) -> None:
    local.write_secret(local.local_file(tmp_path), "{}")
    os.seteuid(65534)
    try:
        with pytest.raises(SetupError, match=r"you may not read .*: run as its owner"):
            local.read_local(tmp_path)
    finally:
        os.seteuid(0)


def test_the_session_key_is_made_once(tmp_path: Path) -> None:
    key = local.read_session_key(tmp_path)
    assert len(key) >= 43
    assert local.read_session_key(tmp_path) == key
    assert (tmp_path / "tokens" / "session-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "tokens").iterdir()] == ["session-key"]


def test_users_without_an_administrator_are_told_and_not_a_crash(desk: Desk, tmp_path: Path) -> None:
    """Somebody made only a sender before the first start."""
    desk.accounts.create_user("hanako", Role.SENDER, "long enough a password", Actor("x", Role.ADMINISTRATOR))
    with pytest.raises(SetupError, match="none is an administrator"):
        local.prepare(desk.accounts, tmp_path, URL)
