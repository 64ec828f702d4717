"""A key opens the screen once, and for a short while."""

from __future__ import annotations

from pc_client.desktop.keys import Keys


def test_a_key_opens_once() -> None:
    keys = Keys()
    key = keys.make()
    cookie = keys.redeem(key)
    assert cookie is not None
    assert keys.admits(cookie)
    assert keys.redeem(key) is None
    assert keys.redeem("") is None
    assert not keys.admits("")
    assert not keys.admits("é")


def test_a_key_grows_old() -> None:
    now = [0.0]
    keys = Keys(lambda: now[0])
    key = keys.make()
    now[0] = 61.0
    assert keys.redeem(key) is None
