"""Users and tokens on each kind of database (N7), and a first start by several processes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from distserver.accounts import local
from distserver.accounts.passwords import Passwords
from distserver.accounts.service import Accounts
from distserver.errors import BadRequest, Conflict, NotSignedIn
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.store.database import Database
from distserver.store.migrate import migrate

ROOT = Actor("root", Role.ADMINISTRATOR)


@pytest.fixture
def accounts(database_url: str) -> Iterator[Accounts]:
    database = Database(database_url, durable=True, pool=8)
    migrate(database)
    yield Accounts(database, passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    database.close()


def test_users_and_tokens(accounts: Accounts) -> None:
    accounts.create_user("花子", Role.ADMINISTRATOR, "ten characters", ROOT)
    with pytest.raises(Conflict):
        accounts.create_user("花子", Role.SENDER, None, ROOT)
    assert accounts.sign_in("花子", "ten characters", "192.0.2.1").name == "花子"
    token, secret = accounts.create_token("花子", Role.SENDER, "夜間", ROOT)
    assert accounts.authenticate(secret, "192.0.2.1") == Actor("花子", Role.SENDER)
    accounts.revoke_token(token.id, ROOT)
    with pytest.raises(NotSignedIn):
        accounts.authenticate(secret, "192.0.2.1")
    with pytest.raises(Conflict):
        accounts.disable_user("花子", ROOT)


def test_what_a_database_cannot_hold_is_refused_before_it_gets_there(accounts: Accounts) -> None:
    accounts.create_user("ann", Role.SENDER, None, ROOT)
    with pytest.raises(BadRequest):
        accounts.create_user("a\0b", Role.SENDER, None, ROOT)
    with pytest.raises(BadRequest):
        accounts.create_token("ann", Role.SENDER, "a\0b", ROOT)
    with pytest.raises(NotSignedIn):
        accounts.authenticate("ds_\0", "192.0.2.1")


def test_two_who_demote_each_other_leave_one_administrator(accounts: Accounts) -> None:
    for name in ("one", "two"):
        accounts.create_user(name, Role.ADMINISTRATOR, None, ROOT)
    refused: list[Conflict] = []

    def demote(name: str) -> None:
        try:
            accounts.set_role(name, Role.SENDER, ROOT)
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=demote, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert [user.role for user in accounts.list_users(ROOT)].count(Role.ADMINISTRATOR) == 1


def test_a_first_start_of_several_at_once_leaves_one_administrator_whose_files_are_right(
    accounts: Accounts, tmp_path: Path
) -> None:
    threads = [
        threading.Thread(target=local.prepare, args=(accounts, tmp_path, "http://127.0.0.1:1")) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [user.name for user in accounts.list_users(ROOT)] == ["admin"]
    known = local.read_local(tmp_path)
    assert known is not None
    assert accounts.authenticate(known.token, "127.0.0.1").name == "admin"
    assert accounts.sign_in("admin", local.password_file(tmp_path).read_text().strip(), "127.0.0.1")
