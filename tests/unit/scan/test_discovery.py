"""Announcements of scanners, and SANE's list."""

from __future__ import annotations

import socket

import pytest
from zeroconf import ServiceInfo

from distwire.scan.discovery import choose_uris, make_uri, read_device_list


@pytest.mark.parametrize(
    ("kind", "txt", "addresses", "uri"),
    [
        ("_uscan._tcp.local.", {b"rs": b"/eSCL/"}, ["10.0.0.7"], "http://10.0.0.7:80/eSCL"),
        ("_uscans._tcp.local.", {b"rs": b"scan/v2"}, ["fe80::1%eth0", "fd00::7", "10.0.0.7"], "https://10.0.0.7:80/scan/v2"),
        ("_uscan._tcp.local.", {b"rs": None}, ["fd00::7"], "http://[fd00::7]:80/eSCL"),
        ("_uscan._tcp.local.", {b"rs": b"a b\x1b[2J"}, ["10.0.0.7"], "http://10.0.0.7:80/a%20b%1B%5B2J"),
        ("_uscan._tcp.local.", {}, ["fe80::1%eth0"], None),
        ("_ipp._tcp.local.", {}, ["10.0.0.7"], None),
    ],
)  # fmt: skip
def test_an_announcement_stands_for_a_uri(
    kind: str, txt: dict[bytes, bytes | None], addresses: list[str], uri: str | None
) -> None:
    assert make_uri(kind, 80, txt, addresses) == uri


def test_a_scanner_with_two_announcements_is_named_once() -> None:
    both = [
        ServiceInfo(kind, f"Office.{kind}", addresses=[socket.inet_aton("10.0.0.7")], port=port)
        for kind, port in (("_uscan._tcp.local.", 80), ("_uscans._tcp.local.", 443))
    ]
    assert choose_uris(both) == ["http://10.0.0.7:80/eSCL"]


def test_what_sane_reaches_by_escl_is_left_out() -> None:
    assert read_device_list(["test:0", "", "airscan:e0:Office", "fujitsu:fi-7160:1 ", "x\x1b[2J"]) == [
        "sane:test:0",
        "sane:fujitsu:fi-7160:1",
    ]
