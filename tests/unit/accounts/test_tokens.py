"""Tokens: whom they speak for, and until when (N7)."""

from __future__ import annotations

import pytest

from distserver.errors import BadRequest, NotFound, NotSignedIn, TooManyTries
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from tests.unit.accounts.conftest import Desk

ROOT = Actor("root", Role.ADMINISTRATOR)


def _make(desk: Desk, role: Role = Role.SENDER, subject: str = "ann") -> str:
    return desk.accounts.create_token(subject, role, "test", ROOT)[1]


@pytest.fixture
def ann(desk: Desk) -> Desk:
    desk.accounts.create_user("boss", Role.ADMINISTRATOR, None, ROOT)
    desk.accounts.create_user("ann", Role.OPERATOR, None, ROOT)
    return desk


def test_a_token_speaks_for_its_user_and_its_secret_is_not_stored(ann: Desk) -> None:
    secret = _make(ann)
    assert secret.startswith("ds_")
    assert ann.accounts.authenticate(secret, "192.0.2.1") == Actor("ann", Role.SENDER)
    with ann.database.engine.connect() as connection:
        assert secret not in "\n".join(connection.connection.iterdump())  # type: ignore[attr-defined]


def test_a_token_allows_no_more_than_its_user_may_now(ann: Desk) -> None:
    with pytest.raises(BadRequest, match="cannot allow more"):
        _make(ann, Role.ADMINISTRATOR)
    secret = _make(ann, Role.OPERATOR)
    ann.accounts.set_role("ann", Role.RECEIVER, ROOT)
    assert ann.accounts.authenticate(secret, "192.0.2.1").role == Role.RECEIVER


def test_revoked_tokens_and_those_of_disabled_users_are_refused(ann: Desk) -> None:
    secret = _make(ann)
    ann.accounts.disable_user("ann", ROOT)
    with pytest.raises(NotSignedIn):
        ann.accounts.authenticate(secret, "192.0.2.1")
    ann.accounts.enable_user("ann", ROOT)
    assert ann.accounts.authenticate(secret, "192.0.2.1")
    ann.accounts.revoke_token(ann.accounts.list_tokens(ROOT)[0].id, ROOT)
    with pytest.raises(NotSignedIn):
        ann.accounts.authenticate(secret, "192.0.2.1")


def test_a_device_is_its_address(ann: Desk) -> None:
    secret = _make(ann, Role.DEVICE, "Sapporo.Example.ORG")
    device = ann.accounts.authenticate(secret, "192.0.2.1")
    assert device == Actor("ipp://sapporo.example.org/ipp/print", Role.DEVICE)
    with pytest.raises(BadRequest):
        _make(ann, Role.DEVICE, "no address at all")


def test_people_see_and_revoke_their_own_tokens_only(ann: Desk) -> None:
    _make(ann)
    _make(ann, Role.ADMINISTRATOR, "boss")
    by = Actor("ann", Role.OPERATOR)
    assert [token.subject for token in ann.accounts.list_tokens(by)] == ["ann"]
    bosses = next(token for token in ann.accounts.list_tokens(ROOT) if token.subject == "boss")
    with pytest.raises(NotFound):
        ann.accounts.revoke_token(bosses.id, by)


def test_last_use_is_kept_coarsely(ann: Desk) -> None:
    secret = _make(ann)
    first = ann.now
    for later, kept in ((0, first), (599, first), (601, first + 601)):
        ann.now = first + later
        ann.accounts.authenticate(secret, "192.0.2.1")
        assert ann.accounts.list_tokens(ROOT)[0].used == kept


def test_guessing_is_slowed_down(ann: Desk) -> None:
    secret = _make(ann)
    with pytest.raises(TooManyTries):
        for number in range(30):
            with pytest.raises(NotSignedIn):
                ann.accounts.authenticate(f"ds_{number}", "192.0.2.1")
    assert ann.accounts.authenticate(secret, "192.0.2.1"), "a right token beside a wrong one is not held up"
