"""Documents → images of sheets of paper, one page at a time, at the device's resolution and the right way up.

Runs in the fenced child (`mfp_client.printing.child`); imports of the heavy libraries stay inside the readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps, UnidentifiedImageError

from mfp_client.printing.media import A4, find_media, match_media
from mfp_client.printing.profiles import (
    JPEG,
    LONG_EDGE,
    OCTET_STREAM,
    ONE_SIDED,
    PDF,
    PWG_RASTER,
    SHORT_EDGE,
    URF,
    Profile,
)

if TYPE_CHECKING:
    from distwire.raster import RasterPage
    from mfp_client.printing.job import Ticket

_MAGIC = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"RaS2", PWG_RASTER), (b"UNIRAST\0", URF))
_MOST_PIXELS = 200_000_000


class Unprintable(Exception):
    """The document cannot be printed; `keyword` is the job-state-reason, the message is for people."""

    def __init__(self, keyword: str, words: str) -> None:
        super().__init__(words)
        self.keyword = keyword


@dataclass(frozen=True, slots=True)
class Page:
    """What one side of a sheet shows. `media` is the PWG name of the paper, `sides` what the job came to."""

    image: Image.Image
    media: str
    sides: str


@dataclass(frozen=True, slots=True)
class Source:
    """A document and everything that decides what it looks like on paper. Of the pages that are wanted, those before
    the `first` are out already."""

    path: Path
    format: str
    ticket: Ticket
    profile: Profile
    first: int = 1

    def wants(self, number: int) -> bool:
        """True when the page (counted from 1) is in the job's page-ranges."""
        ranges = self.ticket.page_ranges
        return not ranges or any(first <= number <= last for first, last in ranges)

    @property
    def sides(self) -> str:
        """One- or two-sided, from the ticket."""
        return self.ticket.sides or ONE_SIDED

    @property
    def mode(self) -> str:
        """Pillow's mode of what comes out: `RGB`, or `L` where there is no colour."""
        mono = self.ticket.color_mode in ("monochrome", "auto-monochrome", "process-monochrome", "bi-level")
        return "L" if mono or not self.profile.color else "RGB"


def sense_format(start: bytes) -> str | None:
    """The format that the first bytes of a document tell, or None. PDF may begin within its first KiB."""
    found = next((format for magic, format in _MAGIC if start.startswith(magic)), None)
    return PDF if found is None and b"%PDF-" in start[:1024] else found


def open_pages(source: Source) -> tuple[int | None, Iterator[Page]]:
    """The number of pages of the whole job (None where only the end tells) and the pages. Raises `Unprintable`."""
    with source.path.open("rb") as file:
        sensed = sense_format(file.read(1024))
    if sensed is None or (source.format not in (OCTET_STREAM, sensed)):
        said = "" if source.format == OCTET_STREAM else f", though it was sent as {source.format}"
        raise Unprintable("document-format-error", f"the document is {sensed or 'nothing we know'}{said}")
    if sensed not in source.profile.formats:
        raise Unprintable("unsupported-document-format", f"this printer does not take {sensed}")
    return _READERS[sensed](source)


def _open_pdf(source: Source) -> tuple[int, Iterator[Page]]:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(source.path)
    except pdfium.PdfiumError as error:
        raise _explain_pdf(error) from error
    numbers = [number for number in range(1, len(document) + 1) if source.wants(number)]
    if not numbers:
        raise Unprintable("document-format-error", "no page of the document is to be printed")

    def pages() -> Iterator[Page]:
        for number in numbers[source.first - 1 :]:
            try:
                page = document[number - 1]
                width, height = page.get_size()
                image = _render_pdf_page(page, source, width, height)
                page.close()
            except pdfium.PdfiumError as error:
                raise Unprintable("document-format-error", f"page {number} of the PDF is broken: {error}") from error
            yield Page(image, _paper(source), source.sides)

    return len(numbers), pages()


def _render_pdf_page(page: object, source: Source, width: float, height: float) -> Image.Image:
    """Draw the page at the size it will have on the paper: no bitmap is ever larger than the sheet."""
    paper = _paper_pixels(source)
    dpi = source.profile.dpi
    natural = (width * dpi / 72, height * dpi / 72)
    turns = _quarter_turns(natural, paper, source.ticket.orientation)
    upright = natural if turns % 2 == 0 else natural[::-1]
    factor = _fit(upright, paper, source.ticket.scaling)
    image = page.render(  # type: ignore[attr-defined]
        scale=dpi / 72 * factor, rotation=-90 * turns % 360, grayscale=source.mode == "L", may_draw_forms=True
    ).to_pil()
    return _lay_on_paper(image.convert(source.mode), paper)


def _explain_pdf(error: Exception) -> Unprintable:
    if "password" in str(error).lower():
        return Unprintable("document-password-error", "the PDF asks for a password")
    return Unprintable("document-format-error", f"the PDF cannot be read: {error}")


def _open_jpeg(source: Source) -> tuple[int, Iterator[Page]]:
    try:
        with Image.open(source.path, formats=["JPEG"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise Unprintable("document-format-error", f"{picture.width} x {picture.height} pixels are too many")
            paper = _paper_pixels(source)
            picture.draft(source.mode, (max(paper), max(paper)))
            image = ImageOps.exif_transpose(picture).convert(source.mode)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise Unprintable("document-format-error", f"the JPEG cannot be read: {error}") from error
    turns = _quarter_turns(image.size, paper, source.ticket.orientation)
    image = image.rotate(90 * turns, expand=True)
    factor = min(paper[0] / image.width, paper[1] / image.height)
    image = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
    pages = [Page(_lay_on_paper(image, paper), _paper(source), source.sides)]
    return 1, iter(pages[source.first - 1 :])


def _open_raster(source: Source) -> tuple[None, Iterator[Page]]:
    from distwire.raster import RasterError, read_pages

    def pages() -> Iterator[Page]:
        try:
            with source.path.open("rb") as stream:
                count = printed = 0
                for page in read_pages(stream):
                    count += 1
                    if source.wants(count):
                        printed += 1
                        if printed >= source.first:
                            yield _raster_page(source, printed, page)
        except RasterError as error:
            raise Unprintable("document-format-error", f"the raster cannot be read: {error}") from error
        if count == 0:
            raise Unprintable("document-format-error", "the raster holds no page")

    return None, pages()


def _raster_page(source: Source, number: int, page: RasterPage) -> Page:
    header, profile = page.header, source.profile
    if not profile.takes_raster(header.type, header.dpi):
        kind = f"{header.type} at {header.dpi[0]}x{header.dpi[1]} dpi"
        raise Unprintable("document-unprintable-error", f"this printer does not print {kind}")
    sides = source.ticket.sides or _header_sides(header.duplex, header.tumble)
    cross_feed, feed = _mechanism(profile, sides, number)
    shown = replace(page, header=replace(header, cross_feed=cross_feed, feed=feed))
    width, height = (round(pixels * 2540 / profile.dpi) for pixels in (header.width, header.height))
    media = find_media(header.media) or match_media(width, height)
    name = media.name if media else f"custom_{width / 100:g}x{height / 100:g}mm_{width / 100:g}x{height / 100:g}mm"
    return Page(Image.fromarray(shown.visible()), name, sides)


def _mechanism(profile: Profile, sides: str, number: int) -> tuple[int, int]:
    """How the mechanism lays this side on the sheet, seen by someone who turns the sheet over; fronts as they are."""
    from distwire.raster import back_transform

    if sides == ONE_SIDED or number % 2:
        return 1, 1
    return back_transform(profile.sheet_back, tumble=sides == SHORT_EDGE)


def _header_sides(duplex: bool, tumble: bool) -> str:
    return (SHORT_EDGE if tumble else LONG_EDGE) if duplex else ONE_SIDED


def _paper(source: Source) -> str:
    return source.ticket.media or A4.name


def _paper_pixels(source: Source) -> tuple[int, int]:
    media = find_media(_paper(source)) or A4
    return media.pixels(source.profile.dpi)


def _quarter_turns(size: tuple[float, float], paper: tuple[int, int], orientation: int | None) -> int:
    """Counter-clockwise quarter turns that bring a page onto the paper: landscape pages lie along the long side."""
    landscape = (size[0] > size[1]) != (paper[0] > paper[1]) and size[0] != size[1]
    upside_down = orientation in (5, 6)  # reverse-landscape, reverse-portrait
    return (1 if landscape else 0) + (2 if upside_down else 0)


def _fit(size: tuple[float, float], paper: tuple[int, int], scaling: str) -> float:
    """Scale: `none` leaves the size, `fit` and `fill` change it, `auto` only makes a page smaller that is too large."""
    ratios = paper[0] / size[0], paper[1] / size[1]
    if scaling == "none":
        factor = min(1.0, 4 * min(ratios))  # never a bitmap of many sheets
    elif scaling == "fill":
        factor = min(max(ratios), 4 * min(ratios))
    elif scaling in ("fit", "auto-fit") or min(ratios) < 0.995:
        factor = min(ratios)
    else:
        factor = 1.0
    return factor


def _lay_on_paper(image: Image.Image, paper: tuple[int, int]) -> Image.Image:
    """The image in the middle of a white sheet; what hangs over is cut off."""
    if image.size == paper:
        return image
    sheet = Image.new(image.mode, paper, "white")
    sheet.paste(image, ((paper[0] - image.width) // 2, (paper[1] - image.height) // 2))
    return sheet


_READERS = {PDF: _open_pdf, JPEG: _open_jpeg, PWG_RASTER: _open_raster, URF: _open_raster}
