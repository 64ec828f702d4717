"""Our raster read by others, others' raster read by us (SPEC D4, D15)."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest

from distwire.raster import PageHeader, PwgWriter, UrfWriter, back_transform, read_pages
from tests.support import documents as made

pytestmark = pytest.mark.real

HEADER_WORDS = 1796
READ, WRITE_PWG, WRITE_APPLE = 0, 3, 4


class Cups:
    """libcups' own raster reader, through ctypes."""

    def __init__(self) -> None:
        self.lib = ctypes.CDLL("libcups.so.2")
        self.lib.cupsRasterOpen.restype = ctypes.c_void_p
        self.lib.cupsRasterReadHeader2.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self.lib.cupsRasterReadPixels.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint]
        self.lib.cupsRasterClose.argtypes = [ctypes.c_void_p]

    def read(self, path: Path) -> list[tuple[dict[str, object], bytes]]:
        """(header fields, rows of bytes) of each page."""
        descriptor = os.open(path, os.O_RDONLY)
        stream = self.lib.cupsRasterOpen(descriptor, READ)
        assert stream
        pages = []
        while True:
            raw = ctypes.create_string_buffer(HEADER_WORDS)
            if not self.lib.cupsRasterReadHeader2(stream, raw):
                break
            words = np.frombuffer(raw.raw, np.uint32)
            height, line = int(words[376 // 4]), int(words[392 // 4])
            pixels = ctypes.create_string_buffer(height * line)
            assert self.lib.cupsRasterReadPixels(stream, pixels, height * line) == height * line
            fields = {
                "width": int(words[372 // 4]),
                "height": height,
                "dpi": (int(words[276 // 4]), int(words[280 // 4])),
                "duplex": bool(words[272 // 4]),
                "tumble": bool(words[368 // 4]),
                "space": int(words[400 // 4]),
                "bits": int(words[384 // 4]),
                "page_size": (int(words[352 // 4]), int(words[356 // 4])),
                "transform": tuple(int(word) for word in words[456 // 4 : 464 // 4].view(np.int32)),
                "media": raw.raw[1732:].split(b"\0")[0].decode(),
            }
            pages.append((fields, pixels.raw))
        self.lib.cupsRasterClose(stream)
        os.close(descriptor)
        return pages


def grey_page() -> np.ndarray:
    return np.asarray(made.draw_text_page((1240, 1754)))


@pytest.mark.parametrize("kind", ["black_1", "sgray_8", "srgb_8", "srgb_16", "cmyk_8"])
def test_cups_reads_our_pwg_raster(tmp_path: Path, kind: str):
    grey = grey_page()
    pixels = {
        "black_1": (grey < 128).astype(np.uint8),
        "sgray_8": grey,
        "srgb_8": np.dstack([grey, grey[::-1], grey]),
        "srgb_16": np.dstack([grey, grey[::-1], grey]).astype(np.uint16) * 257,
        "cmyk_8": np.dstack([grey, grey[::-1], grey, grey]),
    }[kind]
    cross, feed = back_transform("rotated", False)
    header = PageHeader(
        1240, 1754, (150, 150), kind, media="iso_a4_210x297mm", duplex=True, cross_feed=cross, feed=feed, total_pages=2
    )
    path = tmp_path / "ours.pwg"
    with path.open("wb") as file:
        writer = PwgWriter(file)
        writer.write_page(header, pixels)
        writer.write_page(header, pixels)
    pages = Cups().read(path)
    assert len(pages) == 2
    for fields, rows in pages:
        assert (fields["width"], fields["height"], fields["dpi"]) == (1240, 1754, (150, 150))
        assert (fields["duplex"], fields["tumble"], fields["transform"]) == (True, False, (-1, -1))
        assert (fields["media"], fields["page_size"]) == ("iso_a4_210x297mm", (595, 842))
        with path.open("rb") as file:
            own = next(iter(read_pages(file))).rows
        if kind == "srgb_16":
            own = own.view(">u2").astype("<u2").view(np.uint8)
        assert rows == own.tobytes()


@pytest.mark.parametrize("kind", ["sgray_8", "srgb_8"])
def test_cups_reads_our_apple_raster(tmp_path: Path, kind: str):
    grey = grey_page()
    pixels = grey if kind == "sgray_8" else np.dstack([grey, grey[::-1], grey])
    path = tmp_path / "ours.urf"
    with path.open("wb") as file:
        UrfWriter(file, 1).write_page(PageHeader(1240, 1754, (150, 150), kind, duplex=True, tumble=True), pixels)
    ((fields, rows),) = Cups().read(path)
    assert (fields["duplex"], fields["tumble"], fields["dpi"]) == (True, True, (150, 150))
    assert rows == pixels.tobytes()


@pytest.mark.parametrize(("device", "space", "bits"), [("pwgraster", 18, 8), ("pwgraster", 19, 8), ("pwgraster", 3, 1),
                                                       ("appleraster", 18, 8), ("appleraster", 19, 8)])  # fmt: skip
def test_we_read_ghostscripts_raster(tmp_path: Path, device: str, space: int, bits: int):
    source = made.make_pdf(tmp_path / "a.pdf", 2)
    path = tmp_path / "theirs"
    options = [f"-sDEVICE={device}", "-r150", f"-dcupsColorSpace={space}", f"-dcupsBitsPerColor={bits}"]
    command = ["gs", "-q", "-dBATCH", "-dNOPAUSE", *options, f"-sOutputFile={path}", str(source)]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    with path.open("rb") as file, pdfium.PdfDocument(source) as original:
        pages = list(read_pages(file))
        assert len(pages) == 2
        for number, page in enumerate(pages):
            wanted = original[number].render(scale=2).to_pil()
            assert made.difference(made.from_pixels(page.visible()), wanted) < 6


@pytest.mark.parametrize("form", ["pwg", "urf"])
def test_cups_filters_print_our_raster(tmp_path: Path, form: str):
    """cups-filters turns our raster into a PDF that poppler shows as the page we drew."""
    grey = grey_page()
    path = tmp_path / f"ours.{form}"
    with path.open("wb") as file:
        writer = PwgWriter(file) if form == "pwg" else UrfWriter(file, 1)
        writer.write_page(PageHeader(1240, 1754, (150, 150), "sgray_8", media="iso_a4_210x297mm"), grey)
    environment = {**os.environ, "CONTENT_TYPE": f"image/{form}", "FINAL_CONTENT_TYPE": "application/pdf"}
    command = ["/usr/lib/cups/filter/rastertopdf", "1", "user", "title", "1", "", str(path)]
    written = subprocess.run(command, check=True, timeout=120, capture_output=True, env=environment).stdout
    (tmp_path / "out.pdf").write_bytes(written)
    command = ["pdftoppm", "-r", "150", "-gray", "-singlefile", str(tmp_path / "out.pdf"), str(tmp_path / "out")]
    subprocess.run(command, check=True, timeout=120, capture_output=True)
    shown = made.open_picture(tmp_path / "out.pgm")
    assert made.has_marks(shown)
    assert made.difference(shown, made.from_pixels(grey)) < 8  # its colours are managed: white is 250 there
