"""Stored documents, what may be asked of their printing, and the forms they are turned into (SPEC D4, N2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, Protocol

from distserver.model.pages import PageRanges, count_pages, count_sides, format_page_ranges, parse_page_ranges

PDF = "application/pdf"
TIFF = "image/tiff"
TIFF_F = "image/tiff; application=faxbw"
"""TIFF-F, what goes over a telephone line (RFC 3302, RFC 3949)."""
JPEG = "image/jpeg"
PNG = "image/png"
PWG_RASTER = "image/pwg-raster"
URF = "image/urf"
TIFF_F = "image/tiff; application=faxbw"
"""The form of a fax (RFC 3302 §3, RFC 3949): only ever made here, never taken as it comes."""

INPUT_FORMATS = (PDF, TIFF, JPEG, PNG, PWG_RASTER, URF)


class Sides(StrEnum):
    """The `sides` of IPP (RFC 8011 §5.2.8)."""

    ONE_SIDED = "one-sided"
    LONG_EDGE = "two-sided-long-edge"
    SHORT_EDGE = "two-sided-short-edge"


class ColorMode(StrEnum):
    """The `print-color-mode` of IPP (PWG 5100.13)."""

    AUTO = "auto"
    COLOR = "color"
    MONOCHROME = "monochrome"


class Orientation(IntEnum):
    """The `orientation-requested` of IPP (RFC 8011 §5.2.10): how the content of a page stands on the paper."""

    PORTRAIT = 3
    LANDSCAPE = 4
    REVERSE_LANDSCAPE = 5
    REVERSE_PORTRAIT = 6

    @property
    def word(self) -> str:
        """Its name for people: `reverse-landscape`."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of_word(cls, word: str) -> Orientation:
        """The reverse of `word`. Raises `ValueError`."""
        for one in cls:
            if one.word == word:
                return one
        raise ValueError(f"'{word}' is no orientation")


class Quality(IntEnum):
    """The `print-quality` of IPP (RFC 8011 §5.2.13). Devices are asked for it; what we convert is the same in all."""

    DRAFT = 3
    NORMAL = 4
    HIGH = 5


class Scaling(StrEnum):
    """The `print-scaling` of IPP (PWG 5100.16): how large a page becomes on its paper, or in its part of it.

    `auto` and `auto-fit` make it smaller if it does not fit, and leave it as it is if it does; `fit` makes it as large
    as goes without loss, `fill` so large that no paper stays white, cut where it goes beyond; `none` leaves it as it is
    and cuts. All of them put it in the middle.
    """

    AUTO = "auto"
    AUTO_FIT = "auto-fit"
    FILL = "fill"
    FIT = "fit"
    NONE = "none"


NUMBERS_UP = (1, 2, 4, 6, 9, 16)
"""The values of `number-up` (RFC 8011 §5.2.9) that we carry out."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How pages come to lie on a side: `number_up` of them, left to right and then down, as they are read.

    `orientation` is for pages that have none of their own, pictures: they stand as asked. The pages of PDF and raster
    documents say themselves how they are read (RFC 8011 §5.2.10); there it only tells which end comes first: the
    reverse ones turn the side upside down.
    """

    number_up: int = 1
    orientation: Orientation | None = None
    scaling: Scaling = Scaling.AUTO

    @property
    def key(self) -> str:
        """Short stable text; empty when pages lie as they always did."""
        words = [f"{self.number_up}-up"] if self.number_up > 1 else []
        words += [self.orientation.word] if self.orientation else []
        words += [self.scaling] if self.scaling is not Scaling.AUTO else []
        return " ".join(words)


AS_EVER = Layout()


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """What the sender asks of every copy. None leaves it to the destination's default.

    `media` is a PWG 5101.1 self-describing name such as `iso_a4_210x297mm`. `page_ranges` are ranges of input pages,
    counted through all documents of the job (see `distserver.model.pages`), () is all; `number_up`, `orientation` and
    `scaling` say how they come to lie on a side (see `Layout`).
    """

    copies: int = 1
    sides: Sides | None = None
    media: str | None = None
    color: ColorMode = ColorMode.AUTO
    page_ranges: PageRanges = ()
    number_up: int = 1
    orientation: Orientation | None = None
    scaling: Scaling = Scaling.AUTO
    quality: Quality | None = None

    def at(self, line: Sequence[tuple[str, str]]) -> PrintOptions:
        """What is asked at a destination: the options of its line in the group file win.

        Values that make no sense are passed over: checking a group file is the business of the group.
        """
        said = dict(line)
        read = {name: parse(said[key]) for key, (name, parse) in _OF_LINE.items() if key in said}
        return replace(self, **{name: value for name, value in read.items() if value is not None})

    def count_sides(self, documents: Sequence[Document]) -> int:
        """How many sides (impressions) one copy of these documents has; blank backs between them do not count."""
        pages = count_pages([document.pages for document in documents], self.page_ranges)
        return sum(count_sides(pages, self.number_up))


def _parse_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _parse_pages(text: str) -> PageRanges | None:
    try:
        return parse_page_ranges(text)
    except ValueError:
        return None


_SIDES = {one.value: one for one in Sides}
_COLORS = {one.value: one for one in ColorMode}
_ORIENTATIONS = {one.word: one for one in Orientation}
_SCALINGS = {one.value: one for one in Scaling}
_QUALITIES = {one.name.lower(): one for one in Quality}
_OF_LINE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "copies": ("copies", _parse_number),
    "sides": ("sides", lambda text: _SIDES.get(text.lower())),
    "media": ("media", lambda text: text or None),
    "color": ("color", lambda text: _COLORS.get(text.lower())),
    "pages": ("page_ranges", _parse_pages),
    "number-up": ("number_up", lambda text: number if (number := _parse_number(text)) in NUMBERS_UP else None),
    "orientation": ("orientation", lambda text: _ORIENTATIONS.get(text.lower())),
    "scaling": ("scaling", lambda text: _SCALINGS.get(text.lower())),
    "quality": ("quality", lambda text: _QUALITIES.get(text.lower())),
}
"""Options of a line that change what is asked: which field, and how it is read (None where that makes no sense)."""


@dataclass(frozen=True, slots=True)
class RasterTraits:
    """What the pages of a PWG raster or URF document have in common: whether a printer can take them as they are.

    `types` are PWG raster types, `dpi` (x, y) dots per inch, `sizes` the pages' (width, height) in hundredths of a
    millimetre, each without repetition. `two_sided` says that a page asks for duplex: its back sides are then made for
    one kind of printer.
    """

    types: tuple[str, ...]
    dpi: tuple[tuple[int, int], ...]
    sizes: tuple[tuple[int, int], ...]
    two_sided: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document: `digest` is the SHA-256 (hex) of its bytes and its name in the spool; `size` in bytes.

    `raster` is known for PWG raster and URF only, and not always: None means that such a document is converted.
    """

    digest: str
    size: int
    format: str
    name: str
    pages: int
    raster: RasterTraits | None = None


@dataclass(frozen=True, slots=True)
class RenditionClass:
    """A class of destinations that can take the same bytes (SPEC N2).

    `passthrough`: the document goes out as it came, and the remaining fields (but `format`) say nothing. Otherwise
    `type` is a PWG raster type (`black_1`, `sgray_8`, `srgb_8`) or None for PDF; `dpi` is (x, y) dots per inch or None;
    `media_size` is the paper's (width, height) in hundredths of a millimetre, as in IPP's media-size; `sheet_back` is
    one of `normal flipped rotated manual-tumble` (PWG 5102.4 §3.2) and only matters when `sides` is two-sided.
    `page_ranges` are counted anew for each of the `copies` that the documents to be converted hold, 1 unless there are
    ranges.

    For `TIFF_F` alone: `coding` is `mh`, `mr` or `mmr`; `header` is the line on top of each page, behind which stands
    the number of the page; None for no line. `cover` is what stands on a sheet in front
    (`To: … // From: … // …`), None for no sheet.
    """

    format: str
    passthrough: bool = False
    type: str | None = None
    dpi: tuple[int, int] | None = None
    media: str | None = None
    media_size: tuple[int, int] | None = None
    sides: Sides = Sides.ONE_SIDED
    sheet_back: str = "normal"
    layout: Layout = AS_EVER
    page_ranges: PageRanges = ()
    copies: int = 1
    coding: str | None = None
    header: str | None = None
    cover: str | None = None

    @property
    def key(self) -> str:
        """Stable text: two classes with one key take the same bytes."""
        if self.passthrough:
            return f"{self.format};as-is"
        parts = [self.format, self.type or "", "x".join(map(str, self.dpi or ())), self.media or ""]
        parts += ["x".join(map(str, self.media_size or ())), self.sides, self.sheet_back]
        if self.layout != AS_EVER:
            parts.append(self.layout.key)
        if self.page_ranges:
            parts.append(f"pages {format_page_ranges(self.page_ranges)}" + f" x{self.copies}" * (self.copies > 1))
        if self.coding is not None:
            parts.append(self.coding)
        if self.header is not None:
            parts.append(f"header {self.header!r}")
        if self.cover is not None:
            parts.append(f"cover {self.cover!r}")
        return ";".join(parts)


class Growth(Protocol):
    """How far a file is good that is still being written. Any number of readers may ask; octets that were once good
    never change. Belongs to the event loop in which it was obtained."""

    async def beyond(self, offset: int) -> int:
        """How many octets of the file may be read now: more than `offset`, or exactly `offset` when the file is
        complete and ends there. Waits until one of them is true. Raises OSError when its writer has failed."""
        ...

    @property
    def failure(self) -> Exception | None:
        """Why the writer has failed: `DocumentRefused`, `NoSpace` or `StoreUnavailable`; None as long as it has not."""
        ...


@dataclass(frozen=True, slots=True)
class Rendition:
    """The bytes for one class in the spool. `pages` is the number of page images (sides, impressions), before copies.

    `size` is in octets; None while the file is still being written: then `growth` says how far it is good. `path` can
    be opened at any time until the documents are discarded, also when the file has been finished in the meantime.
    """

    path: Path
    format: str
    size: int | None
    pages: int
    klass: RenditionClass
    growth: Growth | None = None
