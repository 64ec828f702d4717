"""Files for a watched folder."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from distwire.scan.folder import FolderFeeder, FolderPatience

QUICK = FolderPatience(settle=0.1, poll=0.02, unfinished=6.0)


def make_feeder(folder: Path) -> FolderFeeder:
    """A feeder whose patience is short."""
    return FolderFeeder(folder, QUICK)


def draw_page(width_mm: int, dpi: int = 75) -> Image.Image:
    """A page as wide as that, A4 high, with something on it."""
    image = Image.new("L", (round(width_mm * dpi / 25.4), round(297 * dpi / 25.4)), "white")
    ImageDraw.Draw(image).text((60, 60), f"{width_mm} mm", fill="black", font_size=20)
    return image


def lay_file(path: Path, *widths: int) -> Path:
    """One page for each width; several make a TIFF or PDF of several."""
    first, *rest = [draw_page(width) for width in widths]
    more = {"save_all": True, "append_images": rest} if rest else {}
    if path.suffix == ".pdf":
        first.save(path, resolution=75, **more)
    else:
        first.save(path, dpi=(75, 75), compression="tiff_lzw" if path.suffix == ".tif" else None, **more)
    return path
