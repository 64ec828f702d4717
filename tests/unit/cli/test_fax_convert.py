"""`distserver fax-convert` on files that cannot be read or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from distserver.cli.exits import Exit
from tests.support.documents import make_pdf
from tests.unit.cli.conftest import Done


def test_a_place_that_cannot_be_written_is_named(run: Callable[..., Done], tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "page.tif"
    done = run("fax-convert", str(make_pdf(tmp_path / "page.pdf", pages=1)), "--out", str(out))
    assert done.code == Exit.USAGE
    assert f"{out} cannot be written: No such file or directory" in done.err


def test_what_is_no_document_is_refused(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("words")
    done = run("fax-convert", str(tmp_path / "page.txt"), "--out", str(tmp_path / "page.tif"))
    assert (done.code, "not of a kind that can be printed" in done.err) == (Exit.USAGE, True)
