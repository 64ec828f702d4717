"""The settings by which a worker finds the web server are checked before it starts (N7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from distserver.errors import SetupError
from distserver.settings import load_settings
from distserver.store.fetch import make_fetcher
from distserver.store.origin import parse_origin
from distserver.store.spool import Spool

TOKEN = "ds_0123456789abcdef"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text(TOKEN + "\n")
    return path


@pytest.mark.parametrize(
    ("url", "secure", "host", "port", "base"),
    [
        ("https://print1.example.org", True, "print1.example.org", None, ""),
        ("http://127.0.0.1:8631/", False, "127.0.0.1", 8631, ""),
        ("https://[2001:db8::1]:8443/print/", True, "2001:db8::1", 8443, "/print"),
    ],
)
def test_urls_that_serve(url: str, secure: bool, host: str, port: int | None, base: str, token_file: Path) -> None:
    origin = parse_origin(url, token_file)
    assert (origin.secure, origin.host, origin.port, origin.base) == (secure, host, port, base)


@pytest.mark.parametrize(
    "url",
    ["print1", "ftp://h/", "http://", "http://h:x", "http://u:p@h/", "http://h/?a=b", "http://[::1", "https://h/#x"],
)
def test_urls_that_do_not(url: str, token_file: Path) -> None:
    with pytest.raises(SetupError, match="documents_url"):
        parse_origin(url, token_file)


def test_a_token_must_be_there_and_a_secret(token_file: Path) -> None:
    with pytest.raises(SetupError, match="documents_token_file is not"):
        parse_origin("https://h", None)
    with pytest.raises(SetupError, match="cannot be read"):
        parse_origin("https://h", token_file.with_name("other"))
    token_file.chmod(0o640)
    with pytest.raises(SetupError, match="chmod 600"):
        parse_origin("https://h", token_file)
    token_file.chmod(0o600)
    for text in ("", "two words", "ds_ä" * 4):
        token_file.write_text(text)
        with pytest.raises(SetupError, match="token"):
            parse_origin("https://h", token_file)


def test_a_shared_spool_needs_no_fetcher(tmp_path: Path, token_file: Path) -> None:
    spool = Spool(tmp_path / "spool", reserve_mb=0)
    assert make_fetcher(spool, "", None) is None
    assert make_fetcher(spool, "https://h", token_file) is not None


def test_the_token_is_not_among_the_settings(tmp_path: Path, token_file: Path) -> None:
    """What `distserver config` shows is where the token is."""
    environment = {"DISTSERVER_DOCUMENTS_URL": "https://h", "DISTSERVER_DOCUMENTS_TOKEN_FILE": str(token_file)}
    settings, infos = load_settings(tmp_path, environment)
    assert settings.documents_token_file == token_file
    assert TOKEN not in repr(infos) + repr(settings)
