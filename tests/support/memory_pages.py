"""Pages and memories for tests of the image memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

from mfp_client.memory.encoding import encode_page, make_thumbnail
from mfp_client.memory.growing import OpenDocument
from mfp_client.memory.records import Asker, Draft, Limits, StoredDocument
from mfp_client.memory.store import ImageMemory

FAX = (204.0, 196.0)
ANNA, BOB, OPERATOR = Asker("anna"), Asker("bob"), Asker("tech", operator=True)


def draw_page(text: str = "page", size: tuple[int, int] = (432, 600), mode: str = "1") -> Image.Image:
    """A page with words on it, and a bar that a thumbnail shows too."""
    image = Image.new("L", size, 255)
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 20, size[0] // 2, 60), fill=0)
    pen.text((20, 100), text, fill=0)
    return image.convert(mode)


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def open_memory(home: Path, clock: Callable[[], float] | None = None, **limits: float) -> ImageMemory:
    """A memory that takes the disk as it is."""
    chosen = Limits(**{"reserve": 0, **limits})  # type: ignore[arg-type]
    return ImageMemory(home, chosen) if clock is None else ImageMemory(home, chosen, clock=clock)


def add_image(document: OpenDocument, image: Image.Image, dpi: tuple[float, float]) -> None:
    """Store a page from its pixels, as a file or a scanner gives it."""
    document.add_page(encode_page(image, dpi), make_thumbnail(image, dpi))


NOTICE = Draft("notice", "anna")


def store(memory: ImageMemory, draft: Draft = NOTICE, pages: int = 1) -> StoredDocument:
    """A stored document of small pages."""
    with memory.open(draft) as document:
        for number in range(1, pages + 1):
            add_image(document, draw_page(f"{draft.title} {number}"), FAX)
        return document.close()


def files_of(home: Path) -> list[str]:
    """What lies in the folder of images."""
    return sorted(path.name for path in (home / "memory" / "images").iterdir())
