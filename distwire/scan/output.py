"""Scanned pages as one file, TIFF or PDF, page by page; each page keeps its own size."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from distwire.pdf.pictures import Box, PicturePdf
from distwire.scan.contract import Color
from distwire.scan.faults import NoRoom, SettingRefused
from distwire.scan.picture import upright
from distwire.scan.session import ScannedPage

_MODES = {Color.BI_LEVEL: "1", Color.MONOCHROME: "L", Color.COLOR: "RGB"}
_INK = 128
_ORIENTATION = 274
_CLEAR_CONTRAST = 40.0
_JPEG_QUALITY = 90


def write_pages(pages: Sequence[ScannedPage], target: Path) -> None:
    """Write `target` (`.tif`, `.tiff` or `.pdf`) whole, or leave what was there. Raises `SettingRefused`, `NoRoom`."""
    write = find_writer(target)
    try:
        made = target.with_name(f".{target.stem[:80]}.{uuid.uuid4().hex}")
        try:
            with made.open("x+b") as file:
                write(pages, file)
                file.flush()
                os.fsync(file.fileno())
            made.replace(target)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NoRoom(f"{target} cannot be written: {error.strerror or error}") from error


def find_writer(target: Path) -> Callable[[Sequence[ScannedPage], BinaryIO], None]:
    """What writes such a file. Raises `SettingRefused`."""
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise SettingRefused(f"{target.name} should end in .tif or .pdf")
    return writer


def load_page(page: ScannedPage) -> Image.Image:
    """The page in the colour that was asked for: mode `1`, `L` or `RGB`."""
    with Image.open(page.raw.path) as opened:
        opened.seek(page.raw.frame)
        image = upright(opened)
        wanted = _MODES[page.color]
        if wanted == "1" and image.mode != "1":
            return make_bilevel(image.convert("L"))
        return image.convert("L") if image.mode == "1" and wanted == "L" else image.convert(wanted)


def make_bilevel(grey: Image.Image) -> Image.Image:
    """Black and white by the threshold that parts ink from paper best (Otsu 1979); a page of one tone is paper."""
    counts = np.asarray(grey.histogram(), np.float64)
    tones = np.arange(256.0)
    dark = np.cumsum(counts)
    light = counts.sum() - dark
    sums = np.cumsum(counts * tones)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.nan_to_num((sums[-1] - sums) / light - sums / dark)
    best = int(np.argmax(dark * light * gap**2))
    threshold = best + 1 if gap[best] >= _CLEAR_CONTRAST else _INK
    return grey.point([0] * threshold + [255] * (256 - threshold), "1")


def _write_tiff(pages: Sequence[ScannedPage], file: BinaryIO) -> None:
    with TiffImagePlugin.AppendingTiffWriter(file, new=True) as frames:
        for page in pages:
            image = load_page(page)
            keeps_loss = image.mode != "1" and page.look.format == "JPEG"
            coding = "group4" if image.mode == "1" else "jpeg" if keeps_loss else "tiff_adobe_deflate"
            extra = {"quality": _JPEG_QUALITY} if keeps_loss else {}
            image.save(frames, "TIFF", compression=coding, dpi=page.look.resolution, **extra)
            frames.newFrame()


def _write_pdf(pages: Sequence[ScannedPage], file: BinaryIO) -> None:
    document = PicturePdf(file)
    for page in pages:
        look = page.look
        width, height = (
            pixels * 72 / dpi for pixels, dpi in zip((look.width, look.height), look.resolution, strict=True)
        )
        box = Box((width, height), 0.0, 0.0, width, height)
        if look.format == "JPEG" and look.mode == _MODES[page.color] and _is_plain_jpeg(page.raw.path):
            document.add_jpeg_page(page.raw.path.read_bytes(), look.mode, (look.width, look.height), box)
        else:
            document.add_page(load_page(page), box)
    document.close()


def _is_plain_jpeg(path: Path) -> bool:
    """Grey or three colours, not CMYK, upright: what a PDF can take as it is."""
    with Image.open(path) as image:
        return image.mode in ("L", "RGB") and image.getexif().get(_ORIENTATION, 1) == 1


_WRITERS = {".tif": _write_tiff, ".tiff": _write_tiff, ".pdf": _write_pdf}
