"""A renderer on a folder, with a ledger that a test can read, also from other processes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from distserver.model.documents import PDF, PWG_RASTER, URF, Document, RenditionClass, Sides
from distserver.render.contract import Conversion, RenderLimits
from distserver.render.renderer import Renderer
from distwire.raster import read_pages

A4 = "iso_a4_210x297mm"
A4_SIZE = (21000, 29700)
LIMITS = RenderLimits(pages=5000, parallel=2)

PWG_GREY = RenditionClass(PWG_RASTER, type="sgray_8", dpi=(150, 150), media=A4, media_size=A4_SIZE)
PWG_BLACK = RenditionClass(PWG_RASTER, type="black_1", dpi=(200, 200), media=A4, media_size=A4_SIZE)
PWG_COLOR = RenditionClass(PWG_RASTER, type="srgb_8", dpi=(100, 100), media=A4, media_size=A4_SIZE)
URF_COLOR = RenditionClass(URF, type="srgb_8", dpi=(150, 150), media=A4, media_size=A4_SIZE)
PDF_A4 = RenditionClass(PDF, media=A4, media_size=A4_SIZE)


def duplex_class(sides: Sides, sheet_back: str) -> RenditionClass:
    """A two-sided raster class."""
    return RenditionClass(
        PWG_RASTER, type="sgray_8", dpi=(100, 100), media=A4, media_size=A4_SIZE, sides=sides, sheet_back=sheet_back
    )


class FolderSpool:
    """Documents by digest in one folder, renditions in another."""

    def __init__(self, root: Path) -> None:
        self.documents = root / "documents"
        self.rendition_dir = root / "renditions"
        self.documents.mkdir(parents=True, exist_ok=True)

    def document_path(self, digest: str) -> Path:
        return self.documents / digest

    def check_room(self) -> None:
        """There is room."""


class FileLedger:
    """One line of JSON for each conversion, appended: several processes may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, conversion: Conversion) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(conversion)) + "\n")

    def lines(self) -> list[dict[str, object]]:
        """What was recorded so far."""
        return [json.loads(line) for line in self.path.read_text("utf-8").splitlines()] if self.path.exists() else []


class Bench:
    """A renderer with its spool and ledger under `root`."""

    def __init__(self, root: Path, limits: RenderLimits = LIMITS) -> None:
        self.root = root
        self.spool = FolderSpool(root)
        self.ledger = FileLedger(root / "ledger")
        self.renderer = Renderer(self.spool, self.ledger, limits)

    def store(self, path: Path) -> Document:
        """Put a file into the spool as the server would, after a look into it."""
        facts = self.renderer.inspect(path)
        raw = path.read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        self.spool.document_path(digest).write_bytes(raw)
        return Document(digest, len(raw), facts.format, path.name, facts.pages, facts.raster)

    async def pages(self, documents: Sequence[Document], klass: RenditionClass) -> list[Image.Image]:
        """The pages of a raster rendition, as a reader of the sheets sees them."""
        rendition = await self.renderer.obtain(documents, klass)
        with rendition.path.open("rb") as file:
            return [Image.fromarray(page.visible()) for page in read_pages(file)]

    def close(self) -> None:
        """End the renderer's children."""
        self.renderer.close()
