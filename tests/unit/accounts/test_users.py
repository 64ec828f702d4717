"""Users: roles, passwords, the end of sessions, and what the audit log says of it (N7)."""

from __future__ import annotations

import pytest

from distserver.accounts.service import clean_name
from distserver.errors import BadRequest, Conflict, Forbidden, NotFound, NotSignedIn, TooManyTries
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from tests.unit.accounts.conftest import Desk

ROOT = Actor("root", Role.ADMINISTRATOR)
PASSWORD = "correct horse battery"


def test_the_right_password_signs_in_and_a_wrong_one_does_not(desk: Desk) -> None:
    desk.accounts.create_user("花子", Role.SENDER, PASSWORD, ROOT)
    assert desk.accounts.sign_in(" 花子 ", PASSWORD, "192.0.2.1").role is Role.SENDER
    for name, password in (("花子", PASSWORD + "x"), ("nobody", PASSWORD), ("花子", "")):
        with pytest.raises(NotSignedIn, match="the name or the password is wrong"):
            desk.accounts.sign_in(name, password, "192.0.2.1")


def test_a_password_is_stored_as_argon2id_and_nowhere_else(desk: Desk) -> None:
    desk.accounts.create_user("ann", Role.SENDER, PASSWORD, ROOT)
    with desk.database.engine.connect() as connection:
        dump = "\n".join(connection.connection.iterdump())  # type: ignore[attr-defined]
    assert "$argon2id$" in dump
    assert PASSWORD not in dump


def test_wrong_passwords_close_the_name_for_that_origin_only(desk: Desk) -> None:
    desk.accounts.create_user("ann", Role.SENDER, PASSWORD, ROOT)
    for _ in range(4):
        with pytest.raises(NotSignedIn):
            desk.accounts.sign_in("ann", "wrong wrong", "192.0.2.1")
    with pytest.raises(TooManyTries):
        desk.accounts.sign_in("ann", PASSWORD, "192.0.2.1")
    assert desk.accounts.sign_in("ann", PASSWORD, "192.0.2.2")
    desk.now += 2
    assert desk.accounts.sign_in("ann", PASSWORD, "192.0.2.1")


def test_a_new_password_a_new_role_and_disabling_end_all_sessions(desk: Desk) -> None:
    desk.accounts.create_user("boss", Role.ADMINISTRATOR, PASSWORD, ROOT)
    user = desk.accounts.create_user("ann", Role.SENDER, PASSWORD, ROOT)
    for change in (
        lambda: desk.accounts.set_password("ann", "another password", ROOT),
        lambda: desk.accounts.set_role("ann", Role.OPERATOR, ROOT),
        lambda: desk.accounts.disable_user("ann", ROOT),
    ):
        assert desk.accounts.find_session("ann", user.session_epoch)
        change()
        assert desk.accounts.find_session("ann", user.session_epoch) is None
        user = next(u for u in desk.accounts.list_users(ROOT) if u.name == "ann")
        if user.disabled:
            assert desk.accounts.find_session("ann", user.session_epoch) is None
            with pytest.raises(NotSignedIn):
                desk.accounts.sign_in("ann", "another password", "192.0.2.1")


def test_there_is_always_an_administrator(desk: Desk) -> None:
    desk.accounts.create_user("boss", Role.ADMINISTRATOR, PASSWORD, ROOT)
    with pytest.raises(Conflict, match="nobody would be administrator"):
        desk.accounts.disable_user("boss", ROOT)
    with pytest.raises(Conflict):
        desk.accounts.set_role("boss", Role.SENDER, ROOT)
    assert not desk.accounts.list_users(ROOT)[0].disabled


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SENDER, Role.RECEIVER, Role.DEVICE, Role.WORKER])
def test_only_administrators_change_users(desk: Desk, role: Role) -> None:
    desk.accounts.create_user("ann", Role.SENDER, PASSWORD, ROOT)
    by = Actor("eve", role)
    for forbidden in (
        lambda: desk.accounts.create_user("x", Role.SENDER, PASSWORD, by),
        lambda: desk.accounts.set_password("ann", PASSWORD, by),
        lambda: desk.accounts.set_role("ann", Role.ADMINISTRATOR, by),
        lambda: desk.accounts.disable_user("ann", by),
        lambda: desk.accounts.list_users(by),
        lambda: desk.accounts.list_audit(by),
        lambda: desk.accounts.create_token("ann", Role.SENDER, "", by),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def test_one_may_change_ones_own_password(desk: Desk) -> None:
    desk.accounts.create_user("ann", Role.SENDER, PASSWORD, ROOT)
    desk.accounts.set_password("ann", "another password", Actor("ann", Role.SENDER))
    assert desk.accounts.sign_in("ann", "another password", "192.0.2.1")


def test_every_change_is_in_the_audit_log(desk: Desk) -> None:
    desk.accounts.create_user("boss", Role.ADMINISTRATOR, PASSWORD, ROOT)
    desk.accounts.set_password("boss", PASSWORD + "!", ROOT)
    token, _ = desk.accounts.create_token("boss", Role.SENDER, "script", ROOT)
    desk.accounts.revoke_token(token.id, ROOT)
    entries = desk.accounts.list_audit(ROOT)
    assert [(e.who, e.action, e.object) for e in entries] == [
        ("root", "token-revoke", token.id),
        ("root", "token-create", token.id),
        ("root", "user-password", "boss"),
        ("root", "user-create", "boss"),
    ]


def test_taken_names_easy_passwords_and_unknown_users_are_refused(desk: Desk) -> None:
    desk.accounts.create_user("ann", Role.SENDER, None, ROOT)
    with pytest.raises(Conflict):
        desk.accounts.create_user("ann", Role.SENDER, PASSWORD, ROOT)
    for easy in ("short", "aaaaaaaaaaaa", "x" * 2000):
        with pytest.raises(BadRequest):
            desk.accounts.set_password("ann", easy, ROOT)
    with pytest.raises(NotFound):
        desk.accounts.set_password("bob", PASSWORD, ROOT)
    with pytest.raises(BadRequest, match="a device is no user"):
        desk.accounts.create_user("box", Role.DEVICE, PASSWORD, ROOT)


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a:b", "a\nb", "x" * 65, "a\u200bb", "ipp://x"])
def test_names_that_could_be_taken_for_something_else_are_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        clean_name(name)
