"""Settings and where they come from (N7)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from distserver.errors import SetupError
from distserver.settings import load_settings


def test_flag_wins_over_environment_over_file(tmp_path: Path) -> None:
    (tmp_path / "distserver.toml").write_text("port = 1\nworker_deliveries = 2\nlease_seconds = 3\n")
    environ = {"DISTSERVER_PORT": "10", "DISTSERVER_WORKER_DELIVERIES": "20"}
    settings, infos = load_settings(tmp_path, environ, {"port": 100})
    assert (settings.port, settings.worker_deliveries, settings.lease_seconds) == (100, 20, 3.0)
    origins = {info.name: info.origin for info in infos}
    assert origins["port"] == "--port"
    assert origins["worker_deliveries"] == "environment DISTSERVER_WORKER_DELIVERIES"
    assert origins["lease_seconds"] == str(tmp_path / "distserver.toml")
    assert origins["host"] == "default"


def test_every_setting_says_what_it_is(tmp_path: Path) -> None:
    _, infos = load_settings(tmp_path, {})
    assert all(len(info.text) > 15 for info in infos)


def test_an_unknown_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "distserver.toml").write_text("prot = 1\n")
    with pytest.raises(SetupError, match="unknown setting 'prot'"):
        load_settings(tmp_path, {})


def test_a_wrong_type_is_told_with_its_origin(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="DISTSERVER_PORT: 'x' is not a whole number"):
        load_settings(tmp_path, {"DISTSERVER_PORT": "x"})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RESEND", "twice", "'twice' is none of at-most-once, at-least-once"),
        ("TLS", "maybe", "'maybe' is none of verify, pin, none"),
        ("WORKER_DELIVERIES", "0", "'0' is not 1 or more"),
        ("PROXY_HOPS", "-1", "'-1' is not 0 or more"),
        ("LEASE_SECONDS", "nan", "'nan' is not 1 or more"),
        ("DEADLINE_HOURS", "inf", "'inf' is not 0 or more"),
        ("IPP_URL", "print1:631", "'print1:631' is not ipp://HOST or ipp://HOST:PORT"),
        ("IPP_URL", "ipps://print1", "'ipps://print1' is not ipp://HOST or ipp://HOST:PORT"),
        ("IPP_URL", "ipp://print1/ipp/print", "'ipp://print1/ipp/print' is not ipp://HOST or ipp://HOST:PORT"),
        ("IPPS_URL", "ipps://print1:x", "'ipps://print1:x' is not ipps://HOST or ipps://HOST:PORT"),
    ],
)
def test_a_value_that_cannot_be_is_told_at_the_start(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(SetupError, match=re.escape(f"DISTSERVER_{name}: {said}")):
        load_settings(tmp_path, {f"DISTSERVER_{name}": value})


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgresql://u@h/n", "postgresql+psycopg://u@h/n"),
        ("postgres://u@h/n", "postgresql+psycopg://u@h/n"),
    ],
)
def test_postgresql_is_one_setting_away(tmp_path: Path, given: str, url: str) -> None:
    """N7: PostgreSQL with a setting changed."""
    settings, _ = load_settings(tmp_path, {"DISTSERVER_DATABASE": given})
    assert settings.database_url == url
    assert load_settings(tmp_path, {})[0].database_url.startswith("sqlite:///")


def test_what_is_wrong_in_the_file_is_told_with_the_name_of_the_setting(tmp_path: Path) -> None:
    (tmp_path / "distserver.toml").write_text('dnssd = "yes"\n')
    with pytest.raises(SetupError, match=r"distserver\.toml: dnssd: 'yes' is none of auto, on, off"):
        load_settings(tmp_path, {})
