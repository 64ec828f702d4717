"""What each printer of the sink says of itself: an IPP Everywhere colour laser (PWG 5100.14), encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from distwire.ipp import Attribute, Operation, Value, attribute, collection, encode_message, make_message
from distwire.ipp.attributes import Group
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import (
    UNKNOWN,
    boolean,
    charset,
    date_time,
    enum,
    integer,
    keyword,
    keywords,
    mime_type,
    name,
    natural_language,
    range_of,
    resolution,
    text,
    uri,
)

PDF = "application/pdf"
JPEG = "image/jpeg"
PWG_RASTER = "image/pwg-raster"
OCTET_STREAM = "application/octet-stream"

EVERYWHERE = (PDF, JPEG, PWG_RASTER)
RASTER_ONLY = (PWG_RASTER,)

OPERATIONS = (
    Operation.PRINT_JOB,
    Operation.VALIDATE_JOB,
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.CANCEL_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.GET_JOBS,
    Operation.GET_PRINTER_ATTRIBUTES,
)

_MEDIA = {
    "iso_a3_297x420mm": (29700, 42000),
    "iso_a4_210x297mm": (21000, 29700),
    "iso_a5_148x210mm": (14800, 21000),
    "iso_b5_176x250mm": (17600, 25000),
    "jis_b4_257x364mm": (25700, 36400),
    "jis_b5_182x257mm": (18200, 25700),
    "na_letter_8.5x11in": (21590, 27940),
    "na_legal_8.5x14in": (21590, 35560),
    "jpn_hagaki_100x148mm": (10000, 14800),
}
_A4 = "iso_a4_210x297mm"
_EDGES = ("bottom", "left", "right", "top")
_MARGIN = 423
_TRAYS = ("auto", "main", "by-pass-tray")
_TYPES = ("stationery", "stationery-recycled", "labels", "envelope", "cardstock")
_CREATION = (
    "copies",
    "document-format",
    "document-name",
    "finishings",
    "ipp-attribute-fidelity",
    "job-name",
    "media",
    "media-col",
    "multiple-document-handling",
    "orientation-requested",
    "output-bin",
    "page-ranges",
    "print-color-mode",
    "print-content-optimize",
    "print-quality",
    "print-rendering-intent",
    "print-scaling",
    "printer-resolution",
    "sides",
)
_CONFIGURED = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
_DPI = resolution(300, 300)


def encode_description(formats: Sequence[str]) -> bytes:
    """The attributes that all printers share, as the bytes behind those of one printer: ends with end-of-attributes."""
    changes = attribute("printer-config-change-date-time", date_time(_CONFIGURED))
    return _encode(
        (*_describe_service(formats), changes, *_describe_raster(formats), *_describe_media(), *_describe_choices())
    )


def encode_marks(formats: Sequence[str]) -> bytes:
    """The few of them by which one can tell that nothing has changed, likewise."""
    wanted = ("document-format-supported", "media-ready")
    shared = (*_describe_service(formats), *_describe_media())
    changes = attribute("printer-config-change-date-time", date_time(_CONFIGURED))
    return _encode((changes, *(one for one in shared if one.name in wanted)))


def _encode(shared: Sequence[Attribute]) -> bytes:
    whole = encode_message(make_message(0, 1, (), (Group(GroupTag.PRINTER, shared),)))
    return whole[whole.index(bytes((GroupTag.PRINTER,)) + bytes((shared[0].values[0].tag,))) + 1 :]


def _describe_service(formats: Sequence[str]) -> tuple[Attribute, ...]:
    page = "http://127.0.0.1/"
    return (
        attribute("printer-state", enum(3)),
        attribute("printer-state-reasons", keyword("none")),
        attribute("printer-is-accepting-jobs", boolean(True)),
        attribute("queued-job-count", integer(0)),
        attribute("uri-authentication-supported", keyword("requesting-user-name")),
        attribute("uri-security-supported", keyword("none")),
        attribute("printer-info", text("a printer that measures")),
        attribute("printer-location", text("the bench")),
        attribute("printer-make-and-model", text("Distribution Sink 1")),
        attribute("printer-device-id", text("MFG:Distribution;MDL:Sink 1;CMD:PDF,PWGRaster,JPEG;")),
        attribute("printer-more-info", uri(page)),
        attribute("printer-icons", uri(page + "icon.png")),
        attribute("printer-supply-info-uri", uri(page)),
        attribute("printer-geo-location", UNKNOWN),
        attribute("printer-organization", text("")),
        attribute("printer-organizational-unit", text("")),
        attribute("ipp-versions-supported", *keywords(("1.1", "2.0"))),
        attribute("ipp-features-supported", *keywords(("ipp-everywhere",))),
        attribute("operations-supported", *(enum(each) for each in OPERATIONS)),
        attribute("charset-configured", charset("utf-8")),
        attribute("charset-supported", charset("utf-8")),
        attribute("natural-language-configured", natural_language("en")),
        attribute("generated-natural-language-supported", natural_language("en")),
        attribute("document-format-default", mime_type(OCTET_STREAM)),
        attribute("document-format-supported", *(mime_type(each) for each in (*formats, OCTET_STREAM))),
        attribute("compression-supported", keyword("none")),
        attribute("pdl-override-supported", keyword("attempted")),
        attribute("color-supported", boolean(True)),
        attribute("pages-per-minute", integer(30)),
        attribute("pages-per-minute-color", integer(30)),
        attribute("job-ids-supported", boolean(True)),
        attribute("which-jobs-supported", *keywords(("completed", "not-completed"))),
        attribute("multiple-document-jobs-supported", boolean(False)),
        attribute("multiple-operation-time-out", integer(300)),
        attribute("multiple-operation-time-out-action", keyword("abort-job")),
        attribute("preferred-attributes-supported", boolean(False)),
        attribute("printer-get-attributes-supported", keyword("document-format")),
        attribute("job-creation-attributes-supported", *keywords(_CREATION)),
        attribute("marker-names", *(name(each) for each in ("black", "cyan", "magenta", "yellow"))),
        attribute("marker-types", *keywords(["toner"] * 4)),
        attribute("marker-levels", *(integer(each) for each in (80, 60, 61, 70))),
        attribute("marker-colors", *(name(each) for each in ("#000000", "#00FFFF", "#FF00FF", "#FFFF00"))),
    )


def _describe_raster(formats: Sequence[str]) -> tuple[Attribute, ...]:
    if PWG_RASTER not in formats:
        return ()
    return (
        attribute("pwg-raster-document-resolution-supported", _DPI),
        attribute("pwg-raster-document-sheet-back", keyword("normal")),
        attribute("pwg-raster-document-type-supported", *keywords(("black_1", "sgray_8", "srgb_8"))),
    )


def _describe_media() -> tuple[Attribute, ...]:
    return (
        attribute("media-default", keyword(_A4)),
        attribute("media-ready", keyword(_A4)),
        attribute("media-supported", *keywords(_MEDIA)),
        attribute("media-col-default", _column(_A4)),
        attribute("media-col-ready", _column(_A4)),
        attribute("media-col-database", *(_column(each) for each in _MEDIA)),
        attribute("media-col-supported", *keywords(("media-size", "media-size-name", "media-source", "media-type"))),
        attribute("media-size-supported", *(_size(each) for each in _MEDIA)),
        attribute("media-source-supported", *keywords(_TRAYS)),
        attribute("media-type-supported", *keywords(_TYPES)),
        *(attribute(f"media-{edge}-margin-supported", integer(_MARGIN)) for edge in _EDGES),
    )


def _size(media: str) -> Value:
    x, y = _MEDIA[media]
    return collection(attribute("x-dimension", integer(x)), attribute("y-dimension", integer(y)))


def _column(media: str) -> Value:
    return collection(
        attribute("media-key", keyword(f"{media}_main")),
        attribute("media-size", _size(media)),
        attribute("media-size-name", keyword(media)),
        *(attribute(f"media-{edge}-margin", integer(_MARGIN)) for edge in _EDGES),
        attribute("media-source", keyword("main")),
        attribute("media-type", keyword("stationery")),
    )


def _describe_choices() -> tuple[Attribute, ...]:
    return (
        attribute("copies-default", integer(1)),
        attribute("copies-supported", range_of(1, 999)),
        attribute("finishings-default", enum(3)),
        attribute("finishings-supported", enum(3), enum(4)),
        attribute("multiple-document-handling-default", keyword("separate-documents-collated-copies")),
        attribute("multiple-document-handling-supported", keyword("separate-documents-collated-copies")),
        attribute("orientation-requested-default", enum(3)),
        attribute("orientation-requested-supported", *(enum(each) for each in (3, 4, 5, 6))),
        attribute("output-bin-default", keyword("face-down")),
        attribute("output-bin-supported", keyword("face-down")),
        attribute("overrides-supported", *keywords(("document-number", "document-numbers", "pages"))),
        attribute("page-ranges-supported", boolean(True)),
        attribute("print-color-mode-default", keyword("auto")),
        attribute("print-color-mode-supported", *keywords(("auto", "color", "monochrome"))),
        attribute("print-content-optimize-default", keyword("auto")),
        attribute("print-content-optimize-supported", keyword("auto")),
        attribute("print-quality-default", enum(4)),
        attribute("print-quality-supported", enum(3), enum(4), enum(5)),
        attribute("print-rendering-intent-default", keyword("auto")),
        attribute("print-rendering-intent-supported", keyword("auto")),
        attribute("print-scaling-default", keyword("auto")),
        attribute("print-scaling-supported", *keywords(("auto", "auto-fit", "fill", "fit", "none"))),
        attribute("printer-resolution-default", _DPI),
        attribute("printer-resolution-supported", _DPI),
        attribute("sides-default", keyword("one-sided")),
        attribute("sides-supported", *keywords(("one-sided", "two-sided-long-edge", "two-sided-short-edge"))),
    )
