"""What the printer says of Job Template attributes: `-default`, `-supported`, `-ready` (RFC 8011 §5.2, PWG 5100.7)."""

from __future__ import annotations

from distwire.ipp.attributes import Attribute, attribute, collection
from distwire.ipp.values import Value, boolean, enum, integer, keyword, keywords, range_of, resolution
from mfp_client.printing.media import A4, ALL_MEDIA, Media
from mfp_client.printing.profiles import PDF, Profile
from mfp_client.printing.ticket import HOLDS, MOST_COPIES, ORIENTATIONS, OUTPUT_BIN, SCALINGS, color_modes

_EDGES = ("bottom", "left", "right", "top")
_CREATION = (
    "copies",
    "document-format",
    "document-name",
    "ipp-attribute-fidelity",
    "job-hold-until",
    "job-name",
    "media",
    "media-col",
    "orientation-requested",
    "output-bin",
    "page-ranges",
    "print-color-mode",
    "print-quality",
    "print-scaling",
    "printer-resolution",
    "sides",
)


def describe_template(profile: Profile) -> tuple[Attribute, ...]:
    """All of them."""
    return (*_job_basics(profile), *_media(), *_print_choices(profile))


def dots(profile: Profile) -> Value:
    """The resolution of the profile."""
    return resolution(profile.dpi, profile.dpi)


def _job_basics(profile: Profile) -> tuple[Attribute, ...]:
    return (
        attribute("job-creation-attributes-supported", *keywords(_CREATION)),
        attribute("copies-default", integer(1)),
        attribute("copies-supported", range_of(1, MOST_COPIES)),
        attribute("finishings-default", enum(3)),
        attribute("finishings-supported", enum(3)),
        attribute("job-hold-until-default", keyword("no-hold")),
        attribute("job-hold-until-supported", *keywords(HOLDS)),
        attribute("job-priority-default", integer(50)),
        attribute("job-priority-supported", integer(1)),
        attribute("job-sheets-default", keyword("none")),
        attribute("job-sheets-supported", keyword("none")),
        attribute("multiple-document-handling-default", keyword("separate-documents-collated-copies")),
        attribute("multiple-document-handling-supported", keyword("separate-documents-collated-copies")),
        attribute("overrides-supported", *keywords(("document-number", "document-numbers", "pages"))),
        attribute("page-ranges-supported", boolean(PDF in profile.formats)),
    )


def _media() -> tuple[Attribute, ...]:
    columns = [_column(media) for media in ALL_MEDIA]
    margins = [attribute(f"media-{edge}-margin-supported", integer(0)) for edge in _EDGES]
    return (
        attribute("media-default", keyword(A4.name)),
        attribute("media-ready", keyword(A4.name)),
        attribute("media-supported", *keywords(media.name for media in ALL_MEDIA)),
        attribute("media-col-default", _column(A4)),
        attribute("media-col-ready", _column(A4)),
        attribute("media-col-database", *columns),
        attribute("media-col-supported", *keywords(("media-size", "media-size-name", "media-source", "media-type"))),
        attribute("media-size-supported", *(_size(media) for media in ALL_MEDIA)),
        attribute("media-source-supported", keyword("main")),
        attribute("media-type-supported", keyword("stationery")),
        *margins,
    )


def _size(media: Media) -> Value:
    return collection(attribute("x-dimension", integer(media.width)), attribute("y-dimension", integer(media.height)))


def _column(media: Media) -> Value:
    return collection(
        attribute("media-key", keyword(f"{media.name}_main_stationery")),
        attribute("media-size", _size(media)),
        attribute("media-size-name", keyword(media.name)),
        *(attribute(f"media-{edge}-margin", integer(0)) for edge in _EDGES),
        attribute("media-source", keyword("main")),
        attribute("media-type", keyword("stationery")),
    )


def _print_choices(profile: Profile) -> tuple[Attribute, ...]:
    return (
        attribute("orientation-requested-default", enum(3)),
        attribute("orientation-requested-supported", *(enum(each) for each in ORIENTATIONS)),
        attribute("landscape-orientation-requested-preferred", enum(4)),
        attribute("output-bin-default", keyword(OUTPUT_BIN)),
        attribute("output-bin-supported", keyword(OUTPUT_BIN)),
        attribute("print-color-mode-default", keyword("auto")),
        attribute("print-color-mode-supported", *keywords(color_modes(profile))),
        attribute("print-content-optimize-default", keyword("auto")),
        attribute("print-content-optimize-supported", keyword("auto")),
        attribute("print-quality-default", enum(4)),
        attribute("print-quality-supported", enum(3), enum(4), enum(5)),
        attribute("print-rendering-intent-default", keyword("auto")),
        attribute("print-rendering-intent-supported", keyword("auto")),
        attribute("print-scaling-default", keyword("auto")),
        attribute("print-scaling-supported", *keywords(SCALINGS)),
        attribute("printer-resolution-default", dots(profile)),
        attribute("printer-resolution-supported", dots(profile)),
        attribute("sides-default", keyword(profile.sides[0])),
        attribute("sides-supported", *keywords(profile.sides)),
    )
