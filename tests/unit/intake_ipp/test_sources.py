"""From where documents may be fetched: hosts, and the addresses behind them (N1; section 8 of the architecture)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.intake.ipp.sources import NotAllowed, Place, read_sources

HOSTS = (
    "https://files.example.org, http://Intra.Example.org:8080/ https://*.example.net http://192.0.2.7 http://[fd00::7]"
)


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("https://files.example.org/a.pdf", Place("https", "files.example.org", 443, "/a.pdf")),
        ("HTTPS://FILES.example.org.:443", Place("https", "files.example.org", 443, "/")),
        ("http://intra.example.org:8080/a?b=c#d", Place("http", "intra.example.org", 8080, "/a?b=c")),
        ("https://a.b.example.net/x", Place("https", "a.b.example.net", 443, "/x")),
        ("http://192.0.2.7/x", Place("http", "192.0.2.7", 80, "/x")),
        ("http://[FD00:0:0::7]/x", Place("http", "fd00::7", 80, "/x")),
    ],
)
def test_what_is_listed_is_found(uri: str, place: Place) -> None:
    assert read_sources(HOSTS, "").find(uri) == place


@pytest.mark.parametrize(
    "uri",
    [
        "http://files.example.org/",  # another scheme
        "https://files.example.org:8443/",
        "https://example.net/",  # not below it
        "https://notexample.net/",
        "https://files.example.org.evil.example/",
        "https://files.example.org@evil.example/",
        "https://evil.example/#@files.example.org",
        "https://evil.example\\@files.example.org/",
        "https://user:secret@files.example.org/",
        "https://files.example.org:99999/",
        "https:///a",
        "https://files.example.org/a b",
        "https://files.example.org/\u2603",
        "http://3221225991/",  # 192.0.2.7 as one number: a name that is not listed
        "http://0300.0.2.7/",
        "file:///etc/passwd",
        "ftp://files.example.org/",
        "bogus://bogus",
        "",
    ],
)
def test_what_is_not_listed_is_not(uri: str) -> None:
    with pytest.raises(NotAllowed):
        read_sources(HOSTS, "").find(uri)


@given(st.text(max_size=60))
def test_whatever_stands_there_is_either_found_or_refused(text: str) -> None:
    sources = read_sources(HOSTS, "")
    for uri in (text, f"https://{text}", f"https://files.example.org{text}"):
        try:
            place = sources.find(uri)
        except NotAllowed:
            continue
        assert any(one.covers(place) for one in sources.hosts)


def _addresses(*found: str, networks: str = "", host: str = "files.example.org") -> Sequence[str]:
    sources = replace(read_sources(HOSTS, networks), resolve=lambda host, port: found)
    return sources.addresses(Place("https", host, 443, "/"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds tell secrets
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.251",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",  # 127.0.0.1 by 6to4
        "64:ff9b::a00:1",  # 10.0.0.1 by NAT64
        "2001:0:1::1",
    ],
)
def test_names_do_not_lead_to_addresses_that_are_not_public(address: str) -> None:
    with pytest.raises(NotAllowed, match="not public"):
        _addresses(address)


def test_of_several_addresses_those_that_are_allowed_are_taken() -> None:
    assert _addresses("10.0.0.1", "8.8.8.8", "2606:4700::1") == ["8.8.8.8", "2606:4700::1"]
    assert _addresses("10.0.0.1", "8.8.8.8", networks="10.0.0.0/24") == ["10.0.0.1", "8.8.8.8"]
    assert _addresses("::ffff:10.0.0.1", networks="10.0.0.0/24") == ["::ffff:10.0.0.1"]
    assert _addresses("192.0.2.7", host="192.0.2.7") == ["192.0.2.7"]


@pytest.mark.parametrize(
    ("hosts", "networks"),
    [
        ("files.example.org", ""),
        ("gopher://files.example.org", ""),
        ("https://files.example.org/private", ""),
        ("https://user@files.example.org", ""),
        ("https://*", ""),
        ("https://a.*.example.org", ""),
        ("https://files.example.org:port", ""),
        ("", "ten"),
    ],
)
def test_settings_that_make_no_sense_say_how_to_write_them(hosts: str, networks: str) -> None:
    with pytest.raises(ValueError, match=r"write it as .*(https://files|192\.168)"):
        read_sources(hosts, networks)


def test_without_hosts_nothing_is_fetched_and_no_scheme_is_told() -> None:
    assert read_sources("", "10.0.0.0/8").schemes == ()
    assert read_sources(HOSTS, "").schemes == ("ftp", "http", "https")
    with pytest.raises(NotAllowed):
        read_sources("", "").find("https://files.example.org/")
