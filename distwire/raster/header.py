"""What a raster page says of itself, in one form for PWG raster and Apple raster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PixelType:
    """A `pwg-raster-document-type` keyword and its numbers (PWG 5102.4 §4.3.2.1).

    `space` is the ColorSpace enum of PWG raster, `urf` that of Apple raster (None: cannot be said there), `bits` are
    bits per colour, `colors` the number of colours. `additive` says that all bits set is white, not full ink.
    """

    name: str
    space: int
    bits: int
    colors: int
    additive: bool
    urf: int | None = None

    @property
    def bits_per_pixel(self) -> int:
        """Bits of one pixel, all colours together."""
        return self.bits * self.colors

    def bytes_per_line(self, width: int) -> int:
        """Bytes of one row of `width` pixels."""
        return (width * self.bits_per_pixel + 7) // 8


PIXEL_TYPES: tuple[PixelType, ...] = (
    PixelType("black_1", 3, 1, 1, False),
    PixelType("black_8", 3, 8, 1, False),
    PixelType("black_16", 3, 16, 1, False),
    PixelType("sgray_1", 18, 1, 1, True, urf=0),
    PixelType("sgray_8", 18, 8, 1, True, urf=0),
    PixelType("sgray_16", 18, 16, 1, True, urf=0),
    PixelType("srgb_8", 19, 8, 3, True, urf=1),
    PixelType("srgb_16", 19, 16, 3, True, urf=1),
    PixelType("adobe-rgb_8", 20, 8, 3, True, urf=3),
    PixelType("adobe-rgb_16", 20, 16, 3, True, urf=3),
    PixelType("gray_8", 0, 8, 1, True, urf=4),
    PixelType("gray_16", 0, 16, 1, True, urf=4),
    PixelType("rgb_8", 1, 8, 3, True, urf=5),
    PixelType("rgb_16", 1, 16, 3, True, urf=5),
    PixelType("cmyk_8", 6, 8, 4, False, urf=6),
    PixelType("cmyk_16", 6, 16, 4, False, urf=6),
)
_BY_NAME = {kind.name: kind for kind in PIXEL_TYPES}
_BY_SPACE = {(kind.space, kind.bits, kind.colors): kind for kind in PIXEL_TYPES}
_BY_URF = {(kind.urf, kind.bits_per_pixel): kind for kind in PIXEL_TYPES if kind.urf is not None}


def find_pixel_type(name: str) -> PixelType | None:
    """The pixel type of that keyword, or None."""
    return _BY_NAME.get(name)


def find_pixel_type_by_space(space: int, bits: int, colors: int) -> PixelType | None:
    """The pixel type of these numbers of a PWG header, or None."""
    return _BY_SPACE.get((space, bits, colors))


def find_pixel_type_by_urf(space: int, bits_per_pixel: int) -> PixelType | None:
    """The pixel type of these numbers of an Apple raster header, or None."""
    return _BY_URF.get((space, bits_per_pixel))


@dataclass(frozen=True, slots=True)
class PageHeader:
    """The header of one page.

    Lengths: `width` and `height` in pixels, `dpi` (x, y) in dots per inch, `page_size` in points of 1/72 inch, or None
    to have it worked out from the pixels; `image_box` is (left, top, right, bottom) in pixels, or None for the whole
    page. `total_pages` 0 means unknown. `cross_feed` and `feed` are 1 or -1 (PWG 5102.4 §4.3.1.6, .9): whether the
    pixels stand mirrored left-right or top-bottom, as `back_transform` says for back sides. `quality` is IPP's
    print-quality (3 draft, 4 normal, 5 high, 0 default). `orientation` 0…3 counts quarter turns as the header does.
    """

    width: int
    height: int
    dpi: tuple[int, int]
    type: str
    media: str = ""
    media_type: str = ""
    page_size: tuple[int, int] | None = None
    duplex: bool = False
    tumble: bool = False
    total_pages: int = 0
    cross_feed: int = 1
    feed: int = 1
    image_box: tuple[int, int, int, int] | None = None
    quality: int = 0
    copies: int = 0
    orientation: int = 0
    media_position: int = 0
    content: str = ""
    rendering_intent: str = ""

    @property
    def page_points(self) -> tuple[int, int]:
        """The page's (width, height) in points."""
        if self.page_size is not None:
            return self.page_size
        return round(self.width * 72 / self.dpi[0]), round(self.height * 72 / self.dpi[1])


_TRANSFORMS = {
    ("flipped", False): (1, -1),
    ("flipped", True): (-1, 1),
    ("rotated", False): (-1, -1),
    ("manual-tumble", True): (-1, -1),
}


def back_transform(sheet_back: str, tumble: bool) -> tuple[int, int]:
    """(cross_feed, feed) of a back side for a `pwg-raster-document-sheet-back` keyword (PWG 5102.4 §4.3.1.6, table 9).

    `tumble` says that the sheet turns over its short edge. Unknown keywords count as `normal`.
    """
    return _TRANSFORMS.get((sheet_back, tumble), (1, 1))
