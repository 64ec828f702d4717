"""TIFF-F: what is written is what RFC 3949 asks, and pages are found again and copied without being coded anew."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from distserver.render.outputs.ccitt import encode_lines
from distwire.tiff.fax import CODINGS, FaxFacts, FaxPage, FaxWriter
from distwire.tiff.fax_reader import copy_pages, read_fax
from distwire.tiff.reader import DamagedTiff
from tests.support.documents import make_cyclic_tiff, make_endless_tiff, make_huge_tiff, make_tiff, write_ifds

FINE = (204, 196)


def draw(number: int, lines: int = 40, width: int = 1728) -> np.ndarray:
    """Packed lines that no other number has."""
    dots = np.random.default_rng(number).random((lines, width)) < 0.02 + 0.1 * (number % 3)
    dots[number % lines] = True
    return np.packbits(dots, axis=1)


def write(numbers: list[int], coding: str = "mmr") -> io.BytesIO:
    file = io.BytesIO()
    writer = FaxWriter(file)
    for number in numbers:
        bits = draw(number, 40 + number)
        facts = FaxFacts(1728, len(bits), FINE, coding)
        writer.add(FaxPage(facts, encode_lines(bits, facts)))
    assert writer.finish() == len(numbers)
    return file


def decode(file: io.BytesIO) -> list[bytes]:
    """The packed lines of each page by libtiff, 1 is ink."""
    pages = []
    with Image.open(io.BytesIO(file.getvalue())) as image:
        for number in range(image.n_frames):  # type: ignore[attr-defined]
            image.seek(number)
            pages.append(bytes(octet ^ 255 for octet in image.tobytes()))
    return pages


@pytest.mark.parametrize("coding", CODINGS)
def test_each_coding_keeps_every_dot(coding: str) -> None:
    assert decode(write([1, 2, 3], coding)) == [draw(number, 40 + number).tobytes() for number in (1, 2, 3)]


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=40), st.sampled_from(CODINGS))
def test_any_lines_in_any_coding(pattern: bytes, coding: str) -> None:
    bits = np.frombuffer(pattern * (216 * 4 // len(pattern) + 1), np.uint8)[: 216 * 4].reshape(4, 216)
    facts = FaxFacts(1728, 4, FINE, coding)
    file = io.BytesIO()
    writer = FaxWriter(file)
    writer.add(FaxPage(facts, encode_lines(bits, facts)))
    writer.finish()
    assert decode(file) == [bits.tobytes()]


def test_the_fields_of_profile_s() -> None:
    """RFC 3949 §3.4: little-endian, LSB first, white is 0, one strip, the directory first, each page numbered."""
    file = write([1, 2], "mh")
    assert file.getvalue()[:8] == b"II*\0\x08\0\0\0"
    first, second = read_fax(file)
    assert (first.profile, first.facts) == ("S", FaxFacts(1728, 41, FINE, "mh"))
    wanted = {254: 2, 256: 1728, 257: 41, 258: 1, 259: 3, 262: 0, 266: 2, 274: 1, 277: 1, 278: 41, 292: 0, 296: 2}
    assert {tag: first.directory.number(tag, -1) for tag in wanted} == wanted
    assert [page.directory.fields[297][2] for page in (first, second)] == [(0, 2), (1, 2)]
    ((offset, length),) = first.directory.strips
    assert 8 < offset < offset + length <= min(at for at, _ in second.directory.strips)


def test_no_return_to_control_in_the_strip() -> None:
    """RFC 2306 §4.6: six ends of line would end the page on the line before all of it was sent."""
    facts = FaxFacts(1728, 2, FINE, "mh")
    strip = encode_lines(np.zeros((2, 216), np.uint8), facts)
    bits = "".join(f"{octet:08b}"[::-1] for octet in strip)
    assert bits.count("000000000001") == 2
    assert bits.startswith("000000000001")


def test_mr_has_the_k_of_its_resolution() -> None:
    """T.4 §4.2.2: every second line of a standard page is coded by itself, every fourth of a fine one."""
    for dpi, k in (((204, 98), 2), (FINE, 4)):
        facts = FaxFacts(1728, 16, dpi, "mr")
        strip = encode_lines(draw(1, 16), facts)
        bits = "".join(f"{octet:08b}"[::-1] for octet in strip)
        assert bits.count("0000000000011") == 16 // k


@pytest.mark.parametrize("coding", CODINGS)
def test_a_call_can_begin_at_any_page(coding: str) -> None:
    whole = write([1, 2, 3, 4], coding)
    for first in range(4):
        rest = io.BytesIO()
        assert copy_pages(whole, first, rest) == 4 - first
        assert decode(rest) == decode(whole)[first:]
        assert [one.directory.fields[297][2] for one in read_fax(rest)] == [(n, 4 - first) for n in range(4 - first)]
        copied = [rest.getvalue()[at : at + length] for one in read_fax(rest) for at, length in one.directory.strips]
        strips = [whole.getvalue()[at : at + length] for one in read_fax(whole) for at, length in one.directory.strips]
        assert copied == strips[first:]


def test_a_page_that_is_not_there() -> None:
    with pytest.raises(DamagedTiff, match="no page 3"):
        copy_pages(write([1, 2]), 2, io.BytesIO())


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_faxes_of_others_in_many_strips(tmp_path: Path, compression: str) -> None:
    path = make_tiff(tmp_path / "fax.tif", 3, compression=compression, size=(1728, 1143), dpi=(204, 98))
    with path.open("rb") as file:
        pages = list(read_fax(file))
        assert [page.facts for page in pages] == [
            FaxFacts(1728, 1143, (204, 98), "mh" if compression == "group3" else "mmr")
        ] * 3
        assert {page.profile for page in pages} == {"F"}  # highest bit first
        assert len(pages[0].directory.strips) > 1
        rest = io.BytesIO()
        assert copy_pages(file, 1, rest) == 2
    assert decode(rest) == decode(io.BytesIO(path.read_bytes()))[1:]


def test_the_other_byte_order() -> None:
    """Big-endian directories come out little-endian; dots per centimetre are understood."""
    facts = FaxFacts(1728, 8, (204, 98), "mmr")
    strip = encode_lines(draw(1, 8), facts)
    tags = [(256, 3, 1728), (257, 3, 8), (259, 3, 4), (262, 3, 0), (266, 3, 2), (273, 4, 8), (278, 3, 8)]
    tags += [(279, 4, len(strip)), (296, 3, 3)]
    ratios = 8 + len(strip) + len(strip) % 2
    tags = sorted([*tags, (282, 5, ratios), (283, 5, ratios + 8)])
    body = b"".join(
        struct.pack(">HHI", tag, kind, 1) + (struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value))
        for tag, kind, value in tags
    )
    head = b"MM\0*" + struct.pack(">I", ratios + 16) + strip.ljust(ratios - 8, b"\0")
    file = io.BytesIO(head + struct.pack(">4I", 8037, 100, 385, 10) + struct.pack(">H", len(tags)) + body + bytes(4))
    (page,) = read_fax(file)
    assert page.facts == facts
    copied = io.BytesIO()
    copy_pages(file, 0, copied)
    assert decode(copied) == [draw(1, 8).tobytes()]


def test_what_is_no_fax_or_means_harm(tmp_path: Path) -> None:
    circle, endless = make_cyclic_tiff(tmp_path / "circle.tif"), make_endless_tiff(tmp_path / "endless.tif", 10_001)
    huge, plain = make_huge_tiff(tmp_path / "huge.tif"), make_tiff(tmp_path / "plain.tif", compression="packbits")
    strips = [(256, 4, 1, 1728), (257, 4, 1, 9), (259, 4, 1, 4), (273, 4, 1, 8), (279, 4, 1, 99_999)]
    beyond = write_ifds(tmp_path / "beyond.tif", [strips], bytes(100))
    many = write_ifds(tmp_path / "many.tif", [[(256, 12, 1 << 24, 8), *strips[1:]]], bytes(100))
    for path in (circle, endless, huge, plain, beyond, many):
        with path.open("rb") as file, pytest.raises(DamagedTiff):
            list(read_fax(file))
    with pytest.raises(DamagedTiff):
        list(read_fax(io.BytesIO(b"%PDF-1.7")))


@settings(deadline=None)
@given(st.data())
def test_damage_is_told_and_never_breaks(data: st.DataObject) -> None:
    raw = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    try:
        for page in read_fax(io.BytesIO(bytes(raw))):
            assert page.octets <= len(raw)
    except DamagedTiff:
        return


WHOLE = write([1, 2]).getvalue()
