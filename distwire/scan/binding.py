"""The fenced child that binds scanned pages into one file: `python -m distwire.scan.binding`, see `output`.

It reads one JSON object, `{"target", "suffix", "pages"}`, writes into the file that is there, and answers with one.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from distwire.fence import set_limits
from distwire.pdf.pictures import Box, PicturePdf
from distwire.scan.contract import Color
from distwire.scan.picture import BROKEN, upright

MEMORY = 1536 << 20
CPU_SECONDS = 3600
FILE_SIZE = 16 << 30
_MODES = {Color.BI_LEVEL: "1", Color.MONOCHROME: "L", Color.COLOR: "RGB"}
_INK = 128
_ORIENTATION = 274
_CLEAR_CONTRAST = 40.0
_JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class BoundPage:
    """A page to be bound: where it is, what it is, and in which colour it was asked for."""

    path: str
    frame: int
    color: str
    mode: str
    format: str
    size: tuple[int, int]
    resolution: tuple[float, float]

    @property
    def wanted(self) -> str:
        """Pillow's mode for that colour."""
        return _MODES[Color(self.color)]


def load_page(page: BoundPage) -> Image.Image:
    """The page in the colour that was asked for: mode `1`, `L` or `RGB`."""
    with Image.open(page.path) as opened:
        opened.seek(page.frame)
        image = upright(opened)
        wanted = page.wanted
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


def _write_tiff(pages: Sequence[BoundPage], file: BinaryIO) -> None:
    with TiffImagePlugin.AppendingTiffWriter(file, new=True) as frames:
        for page in pages:
            image = load_page(page)
            keeps_loss = image.mode != "1" and page.format == "JPEG"
            coding = "group4" if image.mode == "1" else "jpeg" if keeps_loss else "tiff_adobe_deflate"
            extra = {"quality": _JPEG_QUALITY} if keeps_loss else {}
            image.save(frames, "TIFF", compression=coding, dpi=page.resolution, **extra)
            frames.newFrame()


def _write_pdf(pages: Sequence[BoundPage], file: BinaryIO) -> None:
    document = PicturePdf(file)
    for page in pages:
        width, height = (pixels * 72 / dpi for pixels, dpi in zip(page.size, page.resolution, strict=True))
        box = Box((width, height), 0.0, 0.0, width, height)
        if page.format == "JPEG" and page.mode == page.wanted and _is_plain_jpeg(page.path):
            document.add_jpeg_page(Path(page.path).read_bytes(), page.mode, page.size, box)
        else:
            document.add_page(load_page(page), box)
    document.close()


def _is_plain_jpeg(path: str) -> bool:
    """Grey or three colours, not CMYK, upright: what a PDF can take as it is."""
    with Image.open(path) as image:
        return image.mode in ("L", "RGB") and image.getexif().get(_ORIENTATION, 1) == 1


WRITERS: dict[str, Callable[[Sequence[BoundPage], BinaryIO], None]] = {
    ".tif": _write_tiff,
    ".tiff": _write_tiff,
    ".pdf": _write_pdf,
}
"""By the end of the file's name."""


def main() -> None:
    """Do what standard input asks for; the answer's `failed` is None, or why not."""
    set_limits(memory=MEMORY, file_octets=FILE_SIZE, cpu_seconds=CPU_SECONDS)
    order: dict[str, Any] = json.load(sys.stdin)
    words = None
    try:
        with Path(order["target"]).open("r+b") as file:
            WRITERS[order["suffix"]]([_read_page(page) for page in order["pages"]], file)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        words = error.strerror or str(error)
    except (*BROKEN, MemoryError) as error:
        words = f"a page is damaged ({type(error).__name__})"
    sys.stdout.write(json.dumps({"failed": words}))


def _read_page(facts: dict[str, Any]) -> BoundPage:
    return BoundPage(**{**facts, "size": tuple(facts["size"]), "resolution": tuple(facts["resolution"])})


if __name__ == "__main__":
    main()
