"""The fenced child that looks at a document: `python -m pc_client.sending.look_child FILE PICTURE WIDTH`.

Says on standard output `FORMAT PAGES`, pages 0 when it cannot count them, and writes page 1 as a PNG into PICTURE.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pypdfium2
from PIL import Image

from distwire.fence import set_limits

_MEMORY, _CPU_SECONDS = 2 << 30, 60
_MOST_DOTS = 60_000_000
_NAMES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff"}


def main(arguments: list[str]) -> int:
    """0, also for what cannot be shown."""
    set_limits(memory=_MEMORY, file_octets=1 << 26, cpu_seconds=_CPU_SECONDS)
    path, picture, width = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    with path.open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    kind, pages = _look_at_pdf(path, picture, width) if is_pdf else _look_at_picture(path, picture, width)
    sys.stdout.write(f"{kind} {pages}\n")
    return 0


def _look_at_pdf(path: Path, picture: Path, width: int) -> tuple[str, int]:
    try:
        document = pypdfium2.PdfDocument(path)
        count, page = len(document), document[0]
        across, down = page.get_size()
        scale = min(width / max(across, 1), (_MOST_DOTS / max(across * down, 1)) ** 0.5)
        page.render(scale=scale).to_pil().save(picture, "PNG")
    except pypdfium2.PdfiumError:
        return "application/pdf", 0
    return "application/pdf", count


def _look_at_picture(path: Path, picture: Path, width: int) -> tuple[str, int]:
    Image.MAX_IMAGE_PIXELS = 4 * _MOST_DOTS
    try:
        with Image.open(path, formats=("JPEG", "MPO", "PNG", "TIFF")) as image:
            kind, count = _NAMES[image.format or ""], getattr(image, "n_frames", 1)
            image.thumbnail((width, width * 3))
            image.convert("RGB").save(picture, "PNG")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "application/octet-stream", 0
    return kind, count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
