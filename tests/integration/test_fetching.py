"""Fetching documents by URI from a real server: redirects, names that lie, servers that stall (N1)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.intake.ipp.fetch_limits import AccessError, Interest
from distserver.intake.ipp.fetching import Fetcher
from distserver.intake.ipp.sources import NotAllowed, read_sources
from tests.support.certificate import write_certificate
from tests.support.file_server import PDF, FileServer, run_file_server
from tests.support.ftp_server import run_ftp_server


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with run_file_server() as made:
        yield made


def fetch(fetcher: Fetcher, uri: str) -> bytes:
    pieces: list[bytes] = []
    fetcher.fetch(uri, pieces.append, Interest())
    return b"".join(pieces)


@pytest.fixture
def fetcher(files: FileServer) -> Fetcher:
    return Fetcher(read_sources(files.root, ""), 60.0)


def test_a_document_comes_piece_by_piece(files: FileServer, fetcher: Fetcher) -> None:
    assert fetch(fetcher, f"{files.root}/notice.pdf?a=b") == PDF
    assert files.asked[-1] == ("/notice.pdf?a=b", f"127.0.0.1:{files.port}")
    sizes: list[int] = []
    fetcher.fetch(f"{files.root}/large/3", lambda piece: sizes.append(len(piece)), Interest())
    assert (sum(sizes), max(sizes) <= 1 << 16) == (3 << 20, True)


def test_a_proxy_of_the_environment_is_not_used(
    files: FileServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(fetcher, f"{files.root}/notice.pdf") == PDF


def test_redirects_are_followed_where_they_are_allowed(files: FileServer, fetcher: Fetcher) -> None:
    assert fetch(fetcher, f"{files.root}/to/to/notice.pdf") == PDF
    assert fetch(fetcher, f"{files.root}/to/{files.root}/notice.pdf") == PDF


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1:1/", "http://localhost:{port}/notice.pdf", "file:///etc/passwd", "http://[::1]:{port}/"]
)
def test_redirects_lead_nowhere_else(files: FileServer, fetcher: Fetcher, where: str) -> None:
    """No SSRF: each hop is checked like the first."""
    with pytest.raises(NotAllowed):
        fetch(fetcher, f"{files.root}/to/{where.format(port=files.port)}")


def test_redirects_come_to_an_end(files: FileServer, fetcher: Fetcher) -> None:
    asked = len(files.asked)
    with pytest.raises(AccessError, match="on and on"):
        fetch(fetcher, f"{files.root}/" + "to/" * 20 + "notice.pdf")
    assert len(files.asked) - asked == 6


def test_a_name_is_asked_for_once_and_its_checked_address_is_connected_to(files: FileServer) -> None:
    """DNS rebinding: what the name leads to at a second asking does not matter."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    sources = read_sources(f"http://files.example.org:{files.port}", "127.0.0.1/32")
    fetcher = Fetcher(replace(sources, resolve=lambda host, port: next(answers)), 60.0)
    assert fetch(fetcher, f"http://files.example.org:{files.port}/notice.pdf") == PDF
    assert files.asked[-1] == ("/notice.pdf", f"files.example.org:{files.port}")
    assert next(answers) == ["127.0.0.2"]


def test_a_name_that_leads_to_this_machine_is_not_followed(files: FileServer) -> None:
    asked = len(files.asked)
    uri = f"http://files.example.org:{files.port}/notice.pdf"
    sources = read_sources(uri.removesuffix("/notice.pdf"), "")
    for found in (["127.0.0.1"], ["::1", "10.0.0.1"]):
        with pytest.raises(NotAllowed, match="not public"):
            fetch(Fetcher(replace(sources, resolve=lambda host, port, found=found: found), 60.0), uri)  # type: ignore[misc]
    assert len(files.asked) == asked


def test_a_name_that_has_no_address_is_told(files: FileServer) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    sources = replace(read_sources("http://files.example.org", ""), resolve=resolve)
    with pytest.raises(AccessError, match=r"there is no host files\.example\.org"):
        fetch(Fetcher(sources, 60.0), "http://files.example.org/")


@pytest.mark.parametrize(
    ("path", "words", "code"),
    [
        ("nothing", "answered 404", "404"),
        ("half/x", "broke off", ""),
        ("packed/x", "compressed", "200"),
        ("to/", "answered 404", "404"),
    ],
)
def test_what_cannot_be_had_says_why(files: FileServer, fetcher: Fetcher, path: str, words: str, code: str) -> None:
    with pytest.raises(AccessError, match=words) as told:
        fetch(fetcher, f"{files.root}/{path}")
    assert told.value.code == code


@pytest.mark.parametrize("path", ["wait/x", "drip/x"])
def test_a_server_that_stalls_is_left_in_the_end(files: FileServer, path: str) -> None:
    """Also one whose head comes octet by octet, each in time."""
    with pytest.raises(AccessError, match="did not come within 1 seconds"):
        fetch(Fetcher(read_sources(files.root, ""), 1.0), f"{files.root}/{path}")


def test_nobody_at_the_address(fetcher: Fetcher) -> None:
    gone = Fetcher(read_sources("http://127.0.0.1:1", ""), 60.0)
    with pytest.raises(AccessError, match="does not answer"):
        fetch(gone, "http://127.0.0.1:1/")


def test_it_ends_when_its_client_has_gone(files: FileServer, fetcher: Fetcher) -> None:
    interest, octets = Interest(), []

    def take(piece: bytes) -> None:
        octets.append(len(piece))
        interest.end()

    with pytest.raises(AccessError, match="went away"):
        fetcher.fetch(f"{files.root}/large/50", take, interest)
    assert sum(octets) < 50 << 20


def test_a_server_that_stalls_is_left_at_once_when_its_client_has_gone(files: FileServer, fetcher: Fetcher) -> None:
    interest = Interest()
    with pytest.raises(AccessError, match="went away"):
        fetcher.fetch(f"{files.root}/wait/x", lambda piece: threading.Timer(0.1, interest.end).start(), interest)
    with pytest.raises(AccessError, match="went away"):
        fetcher.fetch(f"{files.root}/notice.pdf", lambda piece: None, interest)


def test_a_certificate_has_to_be_trusted_and_to_bear_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = write_certificate(tmp_path / "files.pem")
    with run_file_server(certificate) as secure:
        here = f"{secure.root}/notice.pdf"
        with pytest.raises(AccessError, match="certificate is not trusted"):
            fetch(Fetcher(read_sources(secure.root, ""), 60.0), here)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert fetch(Fetcher(read_sources(secure.root, ""), 60.0), here) == PDF
        named = read_sources(f"https://files.example.org:{secure.port}", "127.0.0.1/32")
        elsewhere = Fetcher(replace(named, resolve=lambda host, port: ["127.0.0.1"]), 60.0)
        with pytest.raises(AccessError, match="certificate is not trusted"):
            fetch(elsewhere, f"https://files.example.org:{secure.port}/notice.pdf")


def test_a_document_comes_by_ftp_from_the_host_that_was_checked() -> None:
    """RFC 8011 §5.4.27; where the server says that its data is to be had does not matter."""
    with run_ftp_server(lies=True) as server:
        root = f"ftp://127.0.0.1:{server.port}"
        fetcher = Fetcher(read_sources(root, ""), 60.0)
        assert fetch(fetcher, f"{root}/pub/notice%2Epdf;type=i") == PDF
        assert server.asked[:4] == ["USER anonymous", "PASS anonymous@", "TYPE I", "PASV"]
        with pytest.raises(AccessError, match="550 no such file") as told:
            fetch(fetcher, f"{root}/pub/other.pdf")
        assert told.value.code == "550"
        with pytest.raises(AccessError, match="426 broken off"):
            fetch(fetcher, f"{root}/pub/half.pdf")
        for path in ("", "/", "/a%0D%0ADELE%20b"):
            with pytest.raises(AccessError, match="names no file"):
                fetch(fetcher, root + path)


def test_a_web_server_may_not_lead_to_ftp_unless_that_is_allowed(files: FileServer, fetcher: Fetcher) -> None:
    with pytest.raises(NotAllowed):
        fetch(fetcher, f"{files.root}/to/ftp://127.0.0.1:2121/pub/notice.pdf")
