"""On which networks printers are announced."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from distserver.intake.ipp.announcement.reach import Place, Reach, choose_reach, find_reach, is_loopback
from distserver.intake.ipp.announcement.scope import make_scope
from distserver.settings import load_settings

PLACES = [
    Place(interface, ip_address(address))
    for interface, address in (
        ("lo", "127.0.0.1"),
        ("lo", "::1"),
        ("eth0", "192.0.2.7"),
        ("eth0", "2001:db8::7"),
        ("eth0", "fe80::7"),
        ("eth1", "198.51.100.7"),
        ("docker0", "172.17.0.1"),
        ("tun0", "10.8.0.2"),
    )
]


@pytest.mark.parametrize(
    ("host", "wanted", "speakers", "addresses"),
    [
        ("::", (), "192.0.2.7 198.51.100.7", "192.0.2.7 198.51.100.7 2001:db8::7"),
        ("0.0.0.0", (), "192.0.2.7 198.51.100.7", "192.0.2.7 198.51.100.7"),
        ("0.0.0.0", ("eth1",), "198.51.100.7", "198.51.100.7"),
        ("::", ("192.0.2.7",), "192.0.2.7", "192.0.2.7"),
        ("::", ("docker0",), "172.17.0.1", "172.17.0.1"),
        ("192.0.2.7", (), "192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", ("eth1",), "", ""),
        ("2001:db8::7", (), "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", (), "127.0.0.1", "127.0.0.1"),
        ("203.0.113.1", (), "", ""),
    ],
)
def test_where_the_server_listens_and_the_setting_allows(
    host: str, wanted: tuple[str, ...], speakers: str, addresses: str
) -> None:
    found = choose_reach(PLACES, frozenset([ip_address(host)]), wanted)
    assert found == Reach(tuple(speakers.split()), tuple(addresses.split()))


def test_this_machine_has_loopback() -> None:
    assert find_reach("127.0.0.1", ()) == Reach(("127.0.0.1",), ("127.0.0.1",))
    assert is_loopback("localhost")
    assert is_loopback("[::1]")
    assert not is_loopback("0.0.0.0")


def test_a_server_for_this_machine_alone_announces_nothing_unless_told_to(tmp_path: Path) -> None:
    def scope(**environ: str) -> object:
        settings, _ = load_settings(tmp_path, {f"DISTSERVER_{name.upper()}": value for name, value in environ.items()})
        return make_scope(settings, 8632)

    assert scope() is None
    assert scope(dnssd="on") is not None
    assert scope(host="0.0.0.0") is not None
    assert scope(host="0.0.0.0", dnssd="off") is None
    found = scope(host="::", dnssd_interfaces="eth0, 192.0.2.7")
    assert getattr(found, "interfaces") == ("eth0", "192.0.2.7")  # noqa: B009 - the type is not needed here
