"""PWG raster and Apple raster as input: sheets that some other program has rendered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from distserver.errors import DocumentRefused
from distserver.model.documents import RasterTraits
from distserver.render.sources.page import Picture, SourceLimits, SourcePage
from distwire.raster import RasterError, RasterLimits, RasterPage, read_pages


class RasterSource:
    """An open raster document; its pages are counted by reading them once. Raises `DocumentRefused`."""

    def __init__(self, path: str, limits: SourceLimits) -> None:
        self._path = path
        self._limits = limits
        self._pages = 0
        self.traits = self._survey()
        limits.check_pages(self._pages)

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return self._pages

    @property
    def oriented(self) -> bool:
        """See `PageSource.oriented`."""
        return True

    def read_pages(self, chosen: Sequence[int] | None = None) -> Iterator[SourcePage]:
        """See `PageSource.read_pages`."""
        wanted = range(self._pages) if chosen is None else frozenset(chosen)
        last = max(wanted, default=-1)
        for number, page in enumerate(self._read()):
            if number > last:
                return
            if number not in wanted:
                continue
            image = Image.fromarray(page.visible())
            if page.kind.bits == 1:
                image = image.convert("1", dither=Image.Dither.NONE)
            yield Picture(image, (float(page.header.dpi[0]), float(page.header.dpi[1])))

    def __enter__(self) -> RasterSource:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing stays open between two readings."""

    def _read(self) -> Iterator[RasterPage]:
        limits = RasterLimits(page_bytes=self._limits.pixel_bytes, pages=self._limits.pages)
        with Path(self._path).open("rb") as file:
            try:
                yield from read_pages(file, limits)
            except RasterError as error:
                raise DocumentRefused(f"the raster document is damaged: {error}") from error

    def _survey(self) -> RasterTraits:
        types, dpi, sizes = dict[str, None](), dict[tuple[int, int], None](), dict[tuple[int, int], None]()
        two_sided = False
        for page in self._read():
            header = page.header
            self._pages += 1
            types[header.type] = None
            dpi[header.dpi] = None
            sizes[header.width * 2540 // header.dpi[0], header.height * 2540 // header.dpi[1]] = None
            two_sided = two_sided or header.duplex
        return RasterTraits(tuple(types), tuple(dpi), tuple(sizes), two_sided)
