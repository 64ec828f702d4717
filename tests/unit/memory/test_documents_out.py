"""Stored documents as PDF, and on a medium."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader

from mfp_client.memory import medium as medium_module
from mfp_client.memory.encoding import decode_page, encode_page
from mfp_client.memory.errors import MediumGone, MemoryFault, Moved, NameTaken, NotYours
from mfp_client.memory.medium import Medium, copy_document, move_document
from mfp_client.memory.pdf import write_pdf
from mfp_client.memory.records import Draft
from mfp_client.memory.take_out import PDF
from tests.support.memory_pages import ANNA, BOB, FAX, Clock, draw_page, files_of, open_memory, store

PAGES = [
    encode_page(draw_page("fax", (433, 601)), FAX),
    encode_page(draw_page("grey", mode="L"), (200.0, 200.0)),
    encode_page(draw_page("colour", mode="RGB"), (100.0, 100.0)),
]


def test_a_pdf_shows_the_pages_in_their_true_size() -> None:
    written = io.BytesIO()
    assert write_pdf(written.write, PAGES, "価格表") == len(written.getvalue())
    document = pdfium.PdfDocument(written.getvalue())
    assert document.get_metadata_dict()["Title"] == "価格表"
    assert len(document) == len(PAGES)
    for number, page in enumerate(PAGES):
        facts = page.facts
        width, height = document[number].get_size()
        assert (width, height) == pytest.approx(
            (facts.width / facts.dpi[0] * 72, facts.height / facts.dpi[1] * 72), abs=0.01
        )
        drawn = document[number].render(scale=facts.dpi[0] / 72).to_pil().convert("L").resize((108, 150))
        meant = decode_page(page).convert("L").resize((108, 150))
        assert sum(ImageChops.difference(drawn, meant).histogram()[64:]) < 40
    document.close()


def test_a_pdf_reader_of_another_make_finds_nothing_wrong() -> None:
    written = io.BytesIO()
    write_pdf(written.write, PAGES, "notice")
    reader = PdfReader(written, strict=True)
    assert [round(float(page.mediabox.width)) for page in reader.pages] == [153, 156, 311]
    assert all(isinstance(page.images[0].image, Image.Image) for page in reader.pages)


@pytest.mark.parametrize("format", ["image/tiff", PDF])
def test_a_copy_is_what_was_stored(tmp_path: Path, format: str) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with open_memory(tmp_path) as memory:
        stored = store(memory, Draft('価格: "A/B"', "anna"), pages=2)
        for _ in range(2):  # what is there already is good
            path = copy_document(memory, stored.id, BOB, Medium(stick, format, same_disk=True))
        assert [one.name for one in stick.iterdir()] == [path.name]
        assert path.name.startswith(f"{stored.id} 価格 A B.")
        if format == PDF:
            assert len(PdfReader(path).pages) == 2
        else:
            assert path.read_bytes() == (tmp_path / "memory" / "images" / f"{stored.id}.tif").read_bytes()
        memory.find(stored.id, ANNA)


def test_a_document_that_is_moved_is_gone_here(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    clock = Clock()
    with open_memory(tmp_path, clock) as memory:
        stored = store(memory)
        with pytest.raises(NotYours):
            move_document(memory, stored.id, BOB, Medium(stick, same_disk=True))
        path = move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))
        with pytest.raises(Moved, match="moved to stick on 20") as gone:
            memory.find(stored.id, ANNA)
        assert gone.value.facts == {"to": "stick", "when": clock.now}
    assert path.stat().st_size == stored.octets
    assert files_of(tmp_path) == []


def test_a_folder_on_the_disk_of_the_memory_is_no_medium(tmp_path: Path) -> None:
    """The place of a stick that was pulled is a folder of the device's own disk."""
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        with pytest.raises(MediumGone, match="no medium is in"):
            move_document(memory, stored.id, ANNA, Medium(tmp_path))
        with pytest.raises(MediumGone):
            move_document(memory, stored.id, ANNA, Medium(tmp_path / "nothing"))
        memory.find(stored.id, ANNA)


def test_a_file_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        foreign = stick / f"{stored.id} notice.tif"
        foreign.write_text("foreign")
        with pytest.raises(NameTaken, match="another file"):
            move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))
        assert foreign.read_text() == "foreign"
        assert [one.name for one in stick.iterdir()] == [foreign.name]
        memory.find(stored.id, ANNA)


def _fail(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(("number", "error"), [(5, MediumGone), (30, MediumGone), (19, MediumGone)])
def test_a_medium_that_fails_leaves_the_document_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[MemoryFault]
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        monkeypatch.setattr(medium_module, "copy_out", _fail(number))
        with pytest.raises(error, match="still here"):
            move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))
        assert list(stick.iterdir()) == []
        memory.find(stored.id, ANNA)


def test_a_medium_that_does_not_keep_the_name_leaves_the_document_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    sync = os.fsync

    def pulled(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(5, os.strerror(5))
        sync(file)

    with open_memory(tmp_path) as memory:
        stored = store(memory)
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", pulled)
            with pytest.raises(MediumGone, match="still here"):
                move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))
        memory.find(stored.id, ANNA)
        move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))


def test_a_medium_that_keeps_something_else_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    monkeypatch.setattr(medium_module, "digest_of", lambda file: "something else")
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        with pytest.raises(MediumGone, match="failing"):
            move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))
        assert list(stick.iterdir()) == []
        memory.find(stored.id, ANNA)


def test_a_medium_whose_name_is_no_text_takes_a_document_too(tmp_path: Path) -> None:
    """A stick may be called in octets that are no UTF-8, or so as to steer a terminal."""
    for name in (b"\xffstick", b"\x1b[31mstick\n"):
        stick = Path(os.fsdecode(bytes(tmp_path) + b"/" + name))
        stick.mkdir()
        with open_memory(tmp_path) as memory:
            stored = store(memory)
            move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))
            with pytest.raises(Moved, match=r"moved to .*stick.* on 20") as gone:
                memory.find(stored.id, ANNA)
            assert f"{gone.value} {gone.value.facts['to']}".isprintable()
        assert files_of(tmp_path) == []


def test_where_a_private_document_was_moved_is_not_told(tmp_path: Path) -> None:
    """Nobody knows any more whose it was: its row has gone."""
    stick = tmp_path / "anna's"
    stick.mkdir()
    with open_memory(tmp_path) as memory:
        stored = store(memory, Draft("notice", "anna", private=True))
        move_document(memory, stored.id, ANNA, Medium(stick, same_disk=True))
        with pytest.raises(Moved, match="moved to a medium on 20") as gone:
            memory.find(stored.id, BOB)
        assert gone.value.facts["to"] == ""
