"""N1: where a group takes jobs as a printer."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from distserver.groups.printer import (
    fax_path,
    fax_uri,
    printer_authorities,
    printer_hosts,
    printer_path,
    printer_uri,
    printers_port,
)
from distserver.settings import Settings, load_settings


def _settings(**environ: str) -> Settings:
    given = {f"DISTSERVER_{name.upper()}": value for name, value in environ.items()}
    return load_settings(Path("nowhere"), given)[0]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("sales.rec", "sales"),
        ("営業.rec", "%E5%96%B6%E6%A5%AD"),
        ("a b&c.rec", "a%20b%26c"),
        ("50%.rec.rec", "50%25.rec"),
    ],
)
def test_the_path_is_the_file_name_percent_encoded(file: str, name: str) -> None:
    assert printer_path(file) == f"/ipp/print/{name}"
    assert fax_path(file) == f"/ipp/faxout/{name}"


@pytest.mark.parametrize(
    ("environ", "authority"),
    [
        ({}, "127.0.0.1:8640"),
        ({"host": "192.0.2.7", "ipp_port": "631"}, "192.0.2.7:631"),
        ({"host": "2001:db8::7"}, "[2001:db8::7]:8640"),
        ({"host": "0.0.0.0"}, f"{socket.gethostname().lower()}:8640"),
        ({"host": "::"}, f"{socket.gethostname().lower()}:8640"),
        ({"host": "::", "public_url": "https://print.example.org/board"}, "print.example.org:8640"),
    ],
)
def test_the_host_is_that_by_which_people_reach_the_board(environ: dict[str, str], authority: str) -> None:
    settings = _settings(**environ)
    assert printer_uri(settings, "sales.rec") == f"ipp://{authority}/ipp/print/sales"
    secure = f"{authority.rpartition(':')[0]}:{int(authority.rpartition(':')[2]) + 1}"
    assert printer_uri(settings, "sales.rec", "ipps") == f"ipps://{secure}/ipp/print/sales"
    assert fax_uri(settings, "sales.rec") == f"ipp://{authority}/ipp/faxout/sales"


def test_behind_a_proxy_the_address_is_the_proxys_with_its_port_or_without() -> None:
    settings = _settings(
        host="127.0.0.1", port="0", ipp_url="ipp://print.example.org", ipps_url="ipps://[2001:db8::7]:443/"
    )
    assert printer_uri(settings, "sales.rec") == "ipp://print.example.org/ipp/print/sales"
    assert fax_uri(settings, "sales.rec", "ipps") == "ipps://[2001:db8::7]:443/ipp/faxout/sales"
    assert (printers_port(settings), printers_port(settings, "ipps")) == (631, 443)
    assert printer_authorities(settings) == {"print.example.org", "[2001:db8::7]:443"}
    assert printer_hosts(settings) == ("2001:db8::7", "print.example.org")


def test_where_nobody_knows_the_port_none_is_told() -> None:
    assert printer_uri(_settings(port="0"), "sales.rec") is None
    assert fax_uri(_settings(port="0"), "sales.rec") is None
