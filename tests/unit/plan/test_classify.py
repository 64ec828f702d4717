"""The rendition class follows from what a device says, and stays the same for devices that say the same (SPEC N2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import (
    AS_EVER,
    JPEG,
    PDF,
    PNG,
    PWG_RASTER,
    TIFF,
    URF,
    ColorMode,
    Document,
    Layout,
    Orientation,
    PrintOptions,
    RasterTraits,
    Scaling,
    Sides,
)
from distserver.plan.classify import choose_class
from distserver.plan.media import parse_media_size
from distserver.plan.urf import parse_urf

A4 = "iso_a4_210x297mm"
LETTER = "na_letter_8.5x11in"
ALL_SIDES = (Sides.ONE_SIDED, Sides.LONG_EDGE, Sides.SHORT_EDGE)

# As the recorded printers describe themselves (only what matters here).
BROTHER = Capabilities(
    formats=("application/octet-stream", "image/urf", "image/jpeg", "image/pwg-raster", "application/vnd.brother-hbp"),
    pwg_types=("srgb_8", "sgray_8"),
    pwg_resolutions=((300, 300),),
    sheet_back="rotated",
    urf=("SRGB24", "W8", "CP1", "IS1", "MT1-8-11", "OB9", "PQ4-5", "RS200-300", "OFU0", "V1.3", "DM4"),
    sides=ALL_SIDES,
    sides_default=Sides.ONE_SIDED,
    color=True,
    media=("na_letter_8.5x11in", A4, "iso_a3_297x420mm", "custom_min_88.9x127mm", "custom_max_287x431.8mm"),
    media_default=A4,
)
EPSON = Capabilities(
    formats=("application/octet-stream", "image/pwg-raster", "image/urf", "image/jpeg"),
    pwg_types=("srgb_8", "sgray_8"),
    pwg_resolutions=((360, 360),),
    sheet_back="rotated",
    urf=("CP1", "PQ4-5", "OB9", "OFU0", "RS360", "SRGB24", "W8", "DM3", "IS1-7-6", "V1.4", "MT1-3-7"),
    sides=ALL_SIDES,
    sides_default=Sides.ONE_SIDED,
    color=True,
    media=(A4, LETTER, "iso_a6_105x148mm"),
    media_default=LETTER,
)
HP = Capabilities(
    formats=("application/vnd.hp-PCL", "image/jpeg", "application/PCLm", "image/urf", "application/octet-stream"),
    urf=("V1.4", "CP1", "PQ3-4-5", "RS300-600", "MT1-2-8", "OB9", "OFU0", "W8-16", "SRGB24", "ADOBERGB24-48", "DM3"),
    sides=ALL_SIDES,
    sides_default=Sides.LONG_EDGE,
    color=True,
    media=(A4, LETTER),
    media_default=LETTER,
)
OFFICE = Capabilities(formats=(PDF, PWG_RASTER, URF, JPEG), color=True, media=(A4, LETTER), media_default=A4)
MONO_LASER = Capabilities(
    formats=(PWG_RASTER,),
    pwg_types=("black_1", "sgray_8"),
    pwg_resolutions=((300, 300), (600, 600)),
    color=False,
    media_ready=(A4,),
)


def document(form: str = PDF, pages: int = 1, raster: RasterTraits | None = None) -> Document:
    return Document("d" * 64, 1000, form, "circular", pages, raster)


def test_a_pdf_passes_through_to_a_device_that_takes_pdf():
    klass = choose_class(OFFICE, [document()], PrintOptions())
    assert (klass.format, klass.passthrough) == (PDF, True)


def test_a_tiff_passes_only_to_a_device_that_lists_tiff():
    fax = Capabilities(formats=(PDF, TIFF))
    assert choose_class(fax, [document(TIFF)], PrintOptions()).passthrough
    klass = choose_class(OFFICE, [document(TIFF)], PrintOptions())
    assert (klass.format, klass.passthrough, klass.media_size) == (PDF, False, (21000, 29700))


def test_several_documents_are_always_merged():
    klass = choose_class(OFFICE, [document(), document()], PrintOptions())
    assert (klass.format, klass.passthrough) == (PDF, False)


def test_the_brother_gets_pwg_raster():
    klass = choose_class(BROTHER, [document(pages=3)], PrintOptions())
    assert (klass.format, klass.type, klass.dpi, klass.media) == (PWG_RASTER, "srgb_8", (300, 300), A4)
    assert (klass.sides, klass.sheet_back) == (Sides.ONE_SIDED, "normal")


def test_duplex_brings_the_sheet_back_along():
    for sides, back in [(Sides.LONG_EDGE, "rotated"), (Sides.SHORT_EDGE, "rotated"), (Sides.ONE_SIDED, "normal")]:
        klass = choose_class(EPSON, [document(pages=2)], PrintOptions(sides=sides))
        assert (klass.sides, klass.sheet_back, klass.dpi, klass.media) == (sides, back, (360, 360), LETTER)


def test_the_hp_gets_urf_by_its_keywords():
    klass = choose_class(HP, [document(pages=2)], PrintOptions(color=ColorMode.MONOCHROME))
    assert (klass.format, klass.type, klass.dpi) == (URF, "sgray_8", (300, 300))
    assert (klass.sides, klass.sheet_back, klass.media_size) == (Sides.LONG_EDGE, "rotated", (21590, 27940))


def test_black_and_white_devices_get_one_bit():
    klass = choose_class(MONO_LASER, [document()], PrintOptions())
    assert (klass.type, klass.dpi, klass.media) == ("black_1", (300, 300), A4)


def test_jpeg_only_devices_take_one_page():
    frame = Capabilities(formats=(JPEG,), color=True)
    assert choose_class(frame, [document(PDF)], PrintOptions()).format == JPEG
    with pytest.raises(DeliveryError, match="single pictures") as error:
        choose_class(frame, [document(PDF, 2)], PrintOptions())
    assert error.value.reason == "document-format-not-supported"


def test_octet_stream_is_the_last_resort():
    blind = Capabilities(formats=("application/octet-stream",))
    klass = choose_class(blind, [document()], PrintOptions())
    assert (klass.format, klass.passthrough) == ("application/octet-stream", True)
    assert choose_class(HP, [document(PNG)], PrintOptions()).format == URF


def test_the_refusal_says_what_the_device_takes():
    with pytest.raises(DeliveryError, match=r"application/vnd\.hp-pcl"):
        choose_class(Capabilities(formats=("application/vnd.hp-PCL",)), [document()], PrintOptions())


def test_raster_passes_only_when_type_resolution_and_paper_fit():
    fitting = RasterTraits(("black_1",), ((600, 600),), ((20997, 29698),))
    assert choose_class(MONO_LASER, [document(PWG_RASTER, raster=fitting)], PrintOptions()).passthrough
    for traits in [
        None,
        RasterTraits(("srgb_8",), ((600, 600),), ((21000, 29700),)),
        RasterTraits(("black_1",), ((1200, 1200),), ((21000, 29700),)),
        RasterTraits(("black_1",), ((600, 600),), ((21590, 27940),)),
        RasterTraits(("black_1",), ((600, 600),), ((21000, 29700),), two_sided=True),
    ]:
        assert not choose_class(MONO_LASER, [document(PWG_RASTER, raster=traits)], PrintOptions()).passthrough


def test_resolution_prefers_300_then_the_nearest():
    for known, chosen in [
        (((150, 150), (300, 300), (600, 600)), (300, 300)),
        (((200, 200), (600, 600)), (200, 200)),
        (((150, 150), (1200, 1200)), (1200, 1200)),
        (((100, 100), (150, 150)), (150, 150)),
    ]:
        device = Capabilities(formats=(PWG_RASTER,), pwg_types=("sgray_8",), pwg_resolutions=known)
        assert choose_class(device, [document()], PrintOptions()).dpi == chosen


def test_the_line_of_the_group_file_wins():
    line = (("media", "letter"), ("sides", "two-sided-short-edge"), ("color", "monochrome"), ("format", URF))
    klass = choose_class(BROTHER, [document()], PrintOptions(media=A4, sides=Sides.LONG_EDGE), line)
    assert (klass.format, klass.media, klass.sides, klass.type) == (URF, LETTER, Sides.SHORT_EDGE, "sgray_8")
    assert klass.sheet_back == "manual-tumble"
    klass = choose_class(MONO_LASER, [document()], PrintOptions(), (("resolution", "600"), ("type", "sgray_8")))
    assert (klass.dpi, klass.type) == ((600, 600), "sgray_8")


def test_what_the_device_has_not_is_left_to_its_default():
    options = PrintOptions(media="iso_a0_841x1189mm", sides=Sides.LONG_EDGE)
    klass = choose_class(MONO_LASER, [document()], options, (("color", "purple"), ("resolution", "much")))
    assert klass.media == A4
    klass = choose_class(EPSON, [document()], PrintOptions(media="custom_x_100x100mm"))
    assert klass.media == LETTER


def test_devices_that_say_the_same_share_a_class():
    one = choose_class(BROTHER, [document()], PrintOptions())
    other = choose_class(BROTHER, [document()], PrintOptions(sides=Sides.ONE_SIDED, media=A4, color=ColorMode.COLOR))
    assert one.key == other.key


def test_media_names_give_sizes():
    assert parse_media_size(A4) == (21000, 29700)
    assert parse_media_size(LETTER) == (21590, 27940)
    assert parse_media_size("om_small-photo_100x150mm") == (10000, 15000)
    assert parse_media_size("na_number-10_4.125x9.5in") == (10478, 24130)
    assert parse_media_size("custom_max_215.9x1117.6mm") == (21590, 111760)
    for nonsense in ("", "a4", "iso_a4_0x0mm", "iso_a4_210x297", "iso_a4_210x297pt"):
        assert parse_media_size(nonsense) is None


@given(st.lists(st.text(max_size=12), max_size=6))
def test_urf_keywords_never_raise(words):
    parse_urf(words)


def test_urf_keywords_may_come_in_one_value():
    ability = parse_urf(("W8,SRGB24-48,RS300-600,DM2",))
    assert ability == parse_urf(("W8", "SRGB24-48", "RS300-600", "DM2"))
    assert (ability.types, ability.dpi, ability.sheet_back) == (("sgray_8", "srgb_8", "srgb_16"), (300, 600), "flipped")


@pytest.mark.parametrize(
    ("options", "layout", "ranges"),
    [
        (PrintOptions(page_ranges=((1, 3), (4, 5))), AS_EVER, ((1, 5),)),
        (PrintOptions(number_up=4), Layout(4), ()),
        (PrintOptions(scaling=Scaling.FILL), Layout(scaling=Scaling.FILL), ()),
        (PrintOptions(orientation=Orientation.REVERSE_LANDSCAPE), Layout(orientation=Orientation.REVERSE_PORTRAIT), ()),
    ],
)
def test_what_is_asked_of_pages_is_carried_out_by_us(
    options: PrintOptions, layout: Layout, ranges: tuple[tuple[int, int], ...]
) -> None:
    """N2: a device may do it or not, and in its own way: the document does not go out as it came."""
    klass = choose_class(OFFICE, [document(pages=7)], options)
    assert (klass.format, klass.passthrough, klass.layout, klass.page_ranges) == (PDF, False, layout, ranges)
    raster = choose_class(MONO_LASER, [document(pages=7)], options)
    assert (raster.format, raster.layout, raster.page_ranges) == (PWG_RASTER, layout, ranges)


@pytest.mark.parametrize(
    "options",
    [
        PrintOptions(page_ranges=((1, 9),)),
        PrintOptions(page_ranges=((1, 3), (4, 7))),
        PrintOptions(scaling=Scaling.AUTO_FIT),
        PrintOptions(orientation=Orientation.LANDSCAPE),
        PrintOptions(orientation=Orientation.PORTRAIT),
    ],
)
def test_what_changes_nothing_makes_no_class(options: PrintOptions) -> None:
    """N2: all the pages are no choice, and a PDF says itself how it is read (RFC 8011 §5.2.10)."""
    assert choose_class(OFFICE, [document(pages=7)], options).passthrough
    assert choose_class(BROTHER, [document(pages=7)], options) == choose_class(
        BROTHER, [document(pages=7)], PrintOptions()
    )


def test_pictures_stand_as_asked() -> None:
    asked = PrintOptions(orientation=Orientation.LANDSCAPE)
    klass = choose_class(OFFICE, [document(JPEG)], asked)
    assert (klass.format, klass.layout) == (PDF, Layout(orientation=Orientation.LANDSCAPE))
    mixed = choose_class(OFFICE, [document(JPEG), document(PDF)], asked)
    assert mixed.layout == Layout(orientation=Orientation.LANDSCAPE)


def test_a_layout_needs_a_paper() -> None:
    blind = Capabilities(formats=(PDF,))
    assert choose_class(blind, [document(TIFF)], PrintOptions()).media_size is None
    assert choose_class(blind, [document()], PrintOptions(number_up=2)).media_size == (21000, 29700)
    assert choose_class(blind, [document(pages=3)], PrintOptions(page_ranges=((2, 2),))).media_size is None


def test_one_side_is_enough_for_a_device_that_takes_single_pictures() -> None:
    frame = Capabilities(formats=(JPEG,))
    assert choose_class(frame, [document(PDF, 4)], PrintOptions(number_up=4)).format == JPEG
    assert choose_class(frame, [document(PDF, 4)], PrintOptions(page_ranges=((3, 3),))).format == JPEG
    with pytest.raises(DeliveryError, match="this job has 2 pages"):
        choose_class(frame, [document(PDF, 4)], PrintOptions(number_up=2))


def test_a_device_that_takes_documents_as_they_come_gets_no_part_of_one() -> None:
    raw = Capabilities(formats=("application/octet-stream",))
    assert choose_class(raw, [document(pages=4)], PrintOptions(scaling=Scaling.FIT)).passthrough
    for options in (PrintOptions(page_ranges=((1, 2),)), PrintOptions(number_up=2)):
        with pytest.raises(DeliveryError, match="only as they come"):
            choose_class(raw, [document(pages=4)], options)


def test_ranges_hold_for_each_copy_in_the_document() -> None:
    """D4: a device that makes no copies gets them in the document, each with the pages that were asked for."""
    klass = choose_class(OFFICE, [document(pages=4)], PrintOptions(page_ranges=((2, 3),)), (), 3)
    assert (klass.passthrough, klass.page_ranges, klass.copies) == (False, ((2, 3),), 3)
    assert choose_class(OFFICE, [document(pages=4)], PrintOptions(), (), 3).copies == 1
    assert not choose_class(OFFICE, [document(pages=4)], PrintOptions(), (), 3).passthrough
