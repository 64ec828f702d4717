"""The fenced child that makes bitmap pages of a PDF: `python -m pc_client.sending.bitmap_child PDF TIFF black|grey`.

One TIFF (TIFF 6.0) with a page for each: `black` is 1 bit, Group 4 (T.6), `grey` 8 bits, Deflate; 300 dpi. One page is
in memory at a time.
"""

from __future__ import annotations

import sys

import pypdfium2
from PIL import Image, TiffImagePlugin

from distwire.fence import set_limits

_MEMORY, _CPU_SECONDS, _FILE_OCTETS = 2 << 30, 1800, 4 << 30
_DPI, _MOST_DOTS = 300, 120_000_000
_MIDDLE = 160
"""What is lighter becomes white: thin grey lines of letters stay."""


def main(arguments: list[str]) -> int:
    """0, or 3 when the document cannot be read."""
    set_limits(memory=_MEMORY, file_octets=_FILE_OCTETS, cpu_seconds=_CPU_SECONDS)
    source, target, kind = arguments
    try:
        document = pypdfium2.PdfDocument(source)
        with TiffImagePlugin.AppendingTiffWriter(target, new=True) as out:
            for number in range(len(document)):
                page, dpi = _draw(document[number])
                _write(page, out, dpi, black=kind == "black")
    except pypdfium2.PdfiumError:
        return 3
    return 0


def _draw(page: pypdfium2.PdfPage) -> tuple[Image.Image, float]:
    across, down = page.get_size()
    scale = min(_DPI / 72, (_MOST_DOTS / max(across * down, 1)) ** 0.5)
    return page.render(scale=scale, grayscale=True).to_pil().convert("L"), scale * 72


def _write(page: Image.Image, out: TiffImagePlugin.AppendingTiffWriter, dpi: float, *, black: bool) -> None:
    if black:
        two = page.point(lambda level: 255 * (level > _MIDDLE)).convert("1")
        two.save(out, "TIFF", dpi=(dpi, dpi), compression="group4")
    else:
        page.save(out, "TIFF", dpi=(dpi, dpi), compression="tiff_adobe_deflate")
    out.newFrame()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
