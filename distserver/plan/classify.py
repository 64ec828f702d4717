"""Choose the form in which documents go to a destination: its rendition class (SPEC N2).

Pure: the same device, documents and options always give the same class, and classes are kept few, because each class
costs one conversion. The order of preference: as it came; PDF; PWG raster; URF; JPEG for a single page; the form of a
fax (see `distserver.plan.fax`); and as it came to a device that only says `application/octet-stream`.

Options of a destination's line in the group file win over what the sender asked, and what the device cannot do is
left to its default. Which pages are printed, how many on a side, how they stand and how large they are (`Layout`) is
carried out by us, whatever the device can, so that all print the same: then nothing goes out as it came. The line's
options: `media=` (PWG name, or `A4`, `letter` …), `sides=` (IPP keyword), `color=` (auto, color,
monochrome), `format=` (MIME type; the document is then converted to it even where another would be preferred),
`resolution=` (`300` or `300x600`, dots per inch), `type=` (PWG raster type).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import (
    AS_EVER,
    JPEG,
    PDF,
    PWG_RASTER,
    TIFF_F,
    URF,
    ColorMode,
    Document,
    Layout,
    Orientation,
    PrintOptions,
    RenditionClass,
    Scaling,
    Sides,
)
from distserver.model.pages import PageRanges, count_pages, count_sides, narrow_page_ranges
from distserver.model.states import OutcomeKind, Reason
from distserver.plan.fax import FaxWish, choose_fax_class, read_fax_wish
from distserver.plan.media import A4, MediaSize, choose_media, parse_media_size
from distserver.plan.urf import parse_urf

OCTETS = "application/octet-stream"

Resolution = tuple[int, int]
DestinationOptions = Sequence[tuple[str, str]]

_RASTER_INPUTS = (PWG_RASTER, URF)
_ORIENTED = (PDF, *_RASTER_INPUTS)
_PREFERENCE = (PDF, PWG_RASTER, URF, JPEG, TIFF_F)
_COLOR_TYPES = ("srgb_8",)
_GREY_TYPES = ("sgray_8", "black_1")
_RESOLUTION = re.compile(r"(\d{2,4})(?:x(\d{2,4}))?(?:dpi)?")
_SIZE_TOLERANCE = 200
"""How far, in hundredths of a millimetre, a page may be off the paper's size and still be printed as it is."""


def without(capabilities: Capabilities, formats: Collection[str]) -> Capabilities:
    """The device as if it had never said that it takes these formats."""
    return replace(capabilities, formats=tuple(one for one in capabilities.formats if one not in formats))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is wanted, the destination's word before the sender's; `layout` and `page_ranges` only as far as they change
    anything for these documents, of which the device is given `copies`."""

    media: str | None
    sides: Sides | None
    color: ColorMode
    format: str | None
    resolution: Resolution | None
    type: str | None
    layout: Layout
    page_ranges: PageRanges
    copies: int
    fax: FaxWish


def choose_class(
    capabilities: Capabilities,
    documents: Sequence[Document],
    options: PrintOptions,
    destination_options: DestinationOptions = (),
    copies: int = 1,
) -> RenditionClass:
    """The class for these documents, `copies` times over, at this destination.

    Several documents are always converted, to one rendition, and so are several copies.

    Raises `DeliveryError` (`refused`, `document-format-not-supported`) when nothing that we can make fits; its words
    say what the device takes.
    """
    if not documents:
        raise ValueError("a job has at least one document")
    wish = _read_wish(options.at(destination_options), dict(destination_options), documents, copies)
    formats = tuple(name.lower() for name in capabilities.formats) or (PDF,)
    if _passes(capabilities, documents, wish, formats):
        return RenditionClass(documents[0].format, passthrough=True)
    order = _PREFERENCE if wish.format is None else (wish.format,)
    for name in order:
        if name not in formats:
            continue
        klass = _make_class(name, capabilities, documents, wish)
        if klass is not None:
            return klass
    if OCTETS in formats and _is_alone(documents, wish) and documents[0].format not in _RASTER_INPUTS:
        return RenditionClass(OCTETS, passthrough=True)
    raise DeliveryError(_explain(documents, formats, wish), OutcomeKind.REFUSED, Reason.FORMAT_NOT_SUPPORTED)


def choose_sides(capabilities: Capabilities, wanted: Sides | None) -> Sides:
    """`wanted` if the device can (or does not say what it can), else its default, else one-sided."""
    if wanted is not None and (wanted in capabilities.sides or not capabilities.sides):
        return wanted
    if wanted is None and capabilities.sides_default is not None:
        return capabilities.sides_default
    return Sides.ONE_SIDED


def _read_wish(options: PrintOptions, line: dict[str, str], documents: Sequence[Document], copies: int) -> _Wish:
    """Values of the line that make no sense are passed over, as in `PrintOptions.at`."""
    match = _RESOLUTION.fullmatch(line.get("resolution", "").lower())
    return _Wish(
        media=options.media,
        sides=options.sides,
        color=options.color,
        format=line.get("format", "").lower() or None,
        resolution=(int(match[1]), int(match[2] or match[1])) if match else None,
        type=line.get("type") or None,
        layout=_read_layout(options, documents),
        page_ranges=narrow_page_ranges(options.page_ranges, sum(document.pages for document in documents)),
        copies=copies,
        fax=read_fax_wish(options, line),
    )


def _read_layout(options: PrintOptions, documents: Sequence[Document]) -> Layout:
    """What is asked, in the words that make the fewest classes: of pages with an orientation of their own, only whether
    they are turned upside down matters."""
    orientation = options.orientation
    if orientation is not None and all(document.format in _ORIENTED for document in documents):
        reverse = orientation in (Orientation.REVERSE_LANDSCAPE, Orientation.REVERSE_PORTRAIT)
        orientation = Orientation.REVERSE_PORTRAIT if reverse else None
    scaling = Scaling.AUTO if options.scaling is Scaling.AUTO_FIT else options.scaling
    return Layout(options.number_up, orientation, scaling)


def _is_alone(documents: Sequence[Document], wish: _Wish) -> bool:
    """True for one copy of one document, all of its pages, one to a side."""
    return len(documents) * wish.copies == 1 and not wish.page_ranges and wish.layout.number_up == 1


def _passes(capabilities: Capabilities, documents: Sequence[Document], wish: _Wish, formats: tuple[str, ...]) -> bool:
    """True when the one document can go out as it came."""
    document = documents[0]
    if not _is_alone(documents, wish) or wish.layout != AS_EVER:
        return False
    if document.format not in formats or wish.format not in (None, document.format):
        return False
    return document.format not in _RASTER_INPUTS or _raster_fits(capabilities, document, wish)


def _raster_fits(capabilities: Capabilities, document: Document, wish: _Wish) -> bool:
    """True when type, resolution, paper and sides of a raster document are the device's own."""
    traits = document.raster
    if traits is None or traits.two_sided or choose_sides(capabilities, wish.sides) is not Sides.ONE_SIDED:
        return False
    types, resolutions, _ = _raster_ability(document.format, capabilities)
    paper = choose_media(capabilities, wish.media)
    return (
        set(traits.types) <= set(types)
        and (not resolutions or set(traits.dpi) <= set(resolutions))
        and paper is not None
        and all(_same_size(size, paper[1]) for size in traits.sizes)
    )


def _same_size(one: MediaSize, other: MediaSize) -> bool:
    return all(abs(a - b) <= _SIZE_TOLERANCE for a, b in zip(one, other, strict=True))


def _make_class(
    name: str, capabilities: Capabilities, documents: Sequence[Document], wish: _Wish
) -> RenditionClass | None:
    """The class of this format, or None when the device cannot take these documents in it."""
    if name == TIFF_F:
        return _lay_out(choose_fax_class(capabilities, wish.fax), wish)
    paper = choose_media(capabilities, wish.media)
    if name == PDF:
        # One document's PDF is the same on one side or two; of several, each begins on a sheet of its own.
        several = len(documents) * wish.copies > 1
        sides = choose_sides(capabilities, wish.sides) if several else Sides.ONE_SIDED
        media, size = paper or ((None, None) if wish.layout == AS_EVER else (A4, parse_media_size(A4)))
        return _lay_out(RenditionClass(PDF, media=media, media_size=size, sides=sides), wish)
    media, size = paper or (A4, parse_media_size(A4))
    if name == JPEG:
        if _count_sides(documents, wish) != 1:
            return None
        kind = "sgray_8" if _is_monochrome(capabilities, wish) else "srgb_8"
        return _lay_out(RenditionClass(JPEG, type=kind, dpi=(300, 300), media=media, media_size=size), wish)
    if name not in _RASTER_INPUTS:
        return None
    types, resolutions, sheet_back = _raster_ability(name, capabilities)
    chosen = _choose_type(types, capabilities, wish)
    if chosen is None:
        return None
    sides = choose_sides(capabilities, wish.sides)
    klass = RenditionClass(
        name,
        type=chosen,
        dpi=_choose_resolution(resolutions, capabilities, wish),
        media=media,
        media_size=size,
        sides=sides,
        sheet_back="normal" if sides is Sides.ONE_SIDED else sheet_back,
    )
    return _lay_out(klass, wish)


def _lay_out(klass: RenditionClass, wish: _Wish) -> RenditionClass:
    copies = wish.copies if wish.page_ranges else 1
    return replace(klass, layout=wish.layout, page_ranges=wish.page_ranges, copies=copies)


def _count_sides(documents: Sequence[Document], wish: _Wish) -> int:
    pages = count_pages([document.pages for document in documents], wish.page_ranges)
    return sum(count_sides(pages, wish.layout.number_up)) * wish.copies


def _raster_ability(name: str, capabilities: Capabilities) -> tuple[tuple[str, ...], tuple[Resolution, ...], str]:
    """(pixel types, resolutions, sheet-back) of the device for one of the two raster formats.

    A device that lists the format and says nothing of its types gets what the standards make every device take.
    """
    if name == PWG_RASTER:
        types = capabilities.pwg_types or ("sgray_8", "srgb_8")
        return types, capabilities.pwg_resolutions or capabilities.resolutions, capabilities.sheet_back.lower()
    urf = parse_urf(capabilities.urf)
    dpi = tuple((number, number) for number in urf.dpi) or tuple(r for r in capabilities.resolutions if r[0] == r[1])
    types = urf.types or ("sgray_8", "srgb_8")
    return types, dpi, urf.sheet_back or capabilities.sheet_back.lower()


def _is_monochrome(capabilities: Capabilities, wish: _Wish) -> bool:
    return wish.color is ColorMode.MONOCHROME or capabilities.color is False


def _choose_type(types: tuple[str, ...], capabilities: Capabilities, wish: _Wish) -> str | None:
    """Black and white for devices that have no colour (a tenth of the bytes), grey on colour devices, else colour."""
    if wish.type in types and wish.type in (*_COLOR_TYPES, *_GREY_TYPES):
        return wish.type
    if capabilities.color is False:
        order = ("black_1", "sgray_8", "srgb_8")
    elif _is_monochrome(capabilities, wish):
        order = ("sgray_8", "black_1", "srgb_8")
    else:
        order = ("srgb_8", "sgray_8", "black_1")
    return next((name for name in order if name in types), None)


def _choose_resolution(resolutions: Sequence[Resolution], capabilities: Capabilities, wish: _Wish) -> Resolution:
    """What is wanted if the device has it; else 300; else the next above 200; else its best up to 600."""
    known = tuple(resolutions) or ((capabilities.resolution_default,) if capabilities.resolution_default else ())
    if not known:
        return wish.resolution or (300, 300)
    if wish.resolution in known:
        return wish.resolution
    if (300, 300) in known:
        return 300, 300
    fair = [pair for pair in known if min(pair) >= 200 and max(pair) <= 1200]
    if fair:
        return min(fair, key=lambda pair: (abs(pair[0] - 300) + abs(pair[1] - 300), pair))
    small = [pair for pair in known if max(pair) <= 600]
    return max(small) if small else min(known)


def _explain(documents: Sequence[Document], formats: tuple[str, ...], wish: _Wish) -> str:
    """What the device takes, and what would help."""
    sides = _count_sides(documents, wish)
    taken = ", ".join(formats)
    if JPEG in formats and sides > 1:
        return f"the device takes only single pictures ({taken}), and this job has {sides} pages: send them one by one"
    if OCTETS in formats and not _is_alone(documents, wish):
        return f"the device takes documents only as they come ({taken}): send a single one, all pages, one to a side"
    return f"the device takes only {taken}, and the document cannot be turned into any of these"
