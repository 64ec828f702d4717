"""Which names of hosts a panel answers to: those that lead to this machine whatever a name server says."""

from __future__ import annotations

import pytest

from distwire.local.own_screen import is_own_name


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8652", "[::1]:8652", "192.0.2.7:80", "localhost", "LOCALHOST:8652", "copier.example.org"],
)
def test_its_own_names(host: str) -> None:
    assert is_own_name(host, "Copier.example.org")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "rebound.example.net",
        "rebound.example.net:8652",
        "localhost.example.net",
        "127.0.0.1.example.net",
        "127.0.0.1@example.net",
        "[::1",
        "example.net/127.0.0.1",
        "127.1",
    ],
)
def test_names_of_others(host: str) -> None:
    assert not is_own_name(host, "127.0.0.1")
