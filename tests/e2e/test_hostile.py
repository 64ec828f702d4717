"""Hostile files through the whole server: a clear refusal or a print, and the server serves on (D4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import documents as made
from tests.support.served import run_office, send_through
from tests.support.server import Server

REFUSED = {
    "password": ("password", made.make_password_pdf),
    "cyclic tiff": ("", made.make_cyclic_tiff),
    "endless tiff": ("pages", made.make_endless_tiff),
    "huge tiff": ("", made.make_huge_tiff),
}
EITHER = {
    "flate bomb": made.make_flate_bomb_pdf,
    "cyclic form": made.make_cyclic_form_pdf,
    "huge page": made.make_huge_page_pdf,
    "cut": made.make_cut_pdf,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with run_office(tmp_path_factory.mktemp("office"), ("pwg-mono",)) as office:
        yield office


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_with_a_reason(server: Server, tmp_path: Path, kind: str) -> None:
    words, make = REFUSED[kind]
    path = tmp_path / "hostile.bin"
    make(path)
    served = send_through(server, path)
    assert served.end == "refused", served
    assert words in served.words
    assert len(served.words) > 20


@pytest.mark.parametrize("kind", EITHER)
def test_it_is_printed_or_refused_and_the_server_serves_on(server: Server, tmp_path: Path, kind: str) -> None:
    EITHER[kind](path := tmp_path / "hostile.bin")
    served = send_through(server, path)
    assert served.end in ("refused", "completed", "aborted"), served
    assert served.end == "completed" or len(served.words) > 20
    after = send_through(server, made.make_pdf(tmp_path / "after.pdf"))
    assert after.end == "completed"
    assert max(after.web_mb, after.worker_mb) < 1000


@pytest.mark.parametrize("content", [b"", b"plain text, no document", b"%PDF-1.7\n", b"II*\0", b"\x00" * 5000])
def test_what_is_no_document_is_refused_in_words(server: Server, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.pdf"
    path.write_bytes(content)
    served = send_through(server, path)
    assert served.end == "refused"
    assert "notes.pdf" in served.words or len(served.words) > 20
