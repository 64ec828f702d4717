"""What a printer says of Job Template attributes: `-default`, `-supported`, `-ready` (RFC 8011 §5.2, PWG 5100.7)."""

from __future__ import annotations

from distserver.deliver.retry import LEAST_INTERVAL, MOST_INTERVAL
from distserver.intake.ipp.ability import Ability
from distserver.intake.ipp.cover_sheet import COVER_MEMBERS, MOST_MESSAGE, MOST_NAME
from distserver.intake.ipp.fax_ticket import FAX_ATTRIBUTES, MOST_RETRIES, MOST_SECONDS, OF_DESTINATION
from distserver.intake.ipp.ticket import COLOR_MODES, HOLDS, MOST_COPIES, SETTABLE
from distserver.model.address import SCHEMES
from distserver.model.documents import NUMBERS_UP, Orientation, Scaling, Sides
from distserver.plan.media import MediaSize
from distwire.ipp.attributes import Attribute, attribute, collection
from distwire.ipp.values import (
    NO_VALUE,
    UNKNOWN,
    Value,
    boolean,
    enum,
    integer,
    keyword,
    keywords,
    range_of,
    resolution,
    uri,
    uri_scheme,
)

CREATION = (
    "copies",
    "document-format",
    "document-name",
    "finishings",
    "ipp-attribute-fidelity",
    "job-hold-until",
    "job-hold-until-time",
    "job-name",
    "job-priority",
    "media",
    "media-col",
    "multiple-document-handling",
    "number-up",
    "orientation-requested",
    "output-bin",
    "page-ranges",
    "print-color-mode",
    "print-quality",
    "print-scaling",
    "printer-resolution",
    "sides",
)
_EDGES = ("bottom", "left", "right", "top")
_MARGIN = 423
_DPI = resolution(300, 300)
_OUTPUT_BIN = "face-down"


def describe_template(ability: Ability, *, fax: bool) -> tuple[Attribute, ...]:
    """All of them."""
    return (*_basics(fax=fax), *_media(ability), *_choices(ability))


def _basics(*, fax: bool) -> tuple[Attribute, ...]:
    return (
        attribute("job-creation-attributes-supported", *keywords((*CREATION, *(FAX_ATTRIBUTES if fax else ())))),
        attribute("copies-default", integer(1)),
        attribute("copies-supported", range_of(1, MOST_COPIES)),
        attribute("finishings-default", enum(3)),
        attribute("finishings-supported", enum(3)),
        attribute("job-hold-until-default", keyword("no-hold")),
        attribute("job-hold-until-supported", *keywords(HOLDS)),
        attribute("job-hold-until-time-supported", range_of(0, 2**31 - 1)),
        attribute("job-priority-default", integer(50)),
        attribute("job-priority-supported", integer(100)),
        attribute("job-settable-attributes-supported", *keywords(SETTABLE)),
        attribute("job-sheets-default", keyword("none")),
        attribute("job-sheets-supported", keyword("none")),
        attribute("multiple-document-handling-default", keyword("separate-documents-collated-copies")),
        attribute("multiple-document-handling-supported", keyword("separate-documents-collated-copies")),
        attribute("overrides-supported", *keywords(("document-number", "document-numbers", "pages"))),
    )


def _media(ability: Ability) -> tuple[Attribute, ...]:
    sizes = dict(ability.media)
    default = ability.media[0][0]
    columns = ("media-bottom-margin", "media-left-margin", "media-right-margin", "media-size", "media-size-name")
    return (
        attribute("media-default", keyword(default)),
        attribute("media-ready", *keywords(ability.ready)),
        attribute("media-supported", *keywords(sizes)),
        attribute("media-col-default", _column(default, sizes[default])),
        attribute("media-col-ready", *(_column(name, sizes[name]) for name in ability.ready)),
        attribute("media-col-database", *(_column(name, size) for name, size in ability.media)),
        attribute("media-col-supported", *keywords((*columns, "media-source", "media-top-margin", "media-type"))),
        attribute("media-size-supported", *(_size(size) for size in dict.fromkeys(sizes.values()))),
        attribute("media-source-supported", keyword("auto")),
        attribute("media-type-supported", keyword("stationery")),
        *(attribute(f"media-{edge}-margin-supported", integer(_MARGIN)) for edge in _EDGES),
    )


def _size(size: MediaSize) -> Value:
    return collection(attribute("x-dimension", integer(size[0])), attribute("y-dimension", integer(size[1])))


def _column(media: str, size: MediaSize) -> Value:
    return collection(
        attribute("media-key", keyword(f"{media}_auto_stationery")),
        attribute("media-size", _size(size)),
        attribute("media-size-name", keyword(media)),
        *(attribute(f"media-{edge}-margin", integer(_MARGIN)) for edge in _EDGES),
        attribute("media-source", keyword("auto")),
        attribute("media-type", keyword("stationery")),
    )


def _choices(ability: Ability) -> tuple[Attribute, ...]:
    modes = COLOR_MODES if ability.color else ("auto", "monochrome")
    return (
        attribute("number-up-default", integer(1)),
        attribute("number-up-supported", *(integer(each) for each in NUMBERS_UP)),
        attribute("orientation-requested-default", enum(3)),
        attribute("orientation-requested-supported", *(enum(each) for each in Orientation)),
        attribute("landscape-orientation-requested-preferred", enum(4)),
        attribute("output-bin-default", keyword(_OUTPUT_BIN)),
        attribute("output-bin-supported", keyword(_OUTPUT_BIN)),
        attribute("print-color-mode-default", keyword("auto")),
        attribute("print-color-mode-supported", *keywords(modes)),
        attribute("print-content-optimize-default", keyword("auto")),
        attribute("print-content-optimize-supported", keyword("auto")),
        attribute("print-quality-default", enum(4)),
        attribute("print-quality-supported", enum(3), enum(4), enum(5)),
        attribute("print-rendering-intent-default", keyword("auto")),
        attribute("print-rendering-intent-supported", keyword("auto")),
        attribute("print-scaling-default", keyword("auto")),
        attribute("print-scaling-supported", *keywords(Scaling)),
        attribute("printer-resolution-default", _DPI),
        attribute("printer-resolution-supported", _DPI),
        attribute("sides-default", keyword(Sides.ONE_SIDED)),
        attribute("sides-supported", *keywords(ability.sides)),
    )


def describe_fax(seconds: int) -> tuple[Attribute, ...]:
    """What FaxOut asks beyond a printer (PWG 5100.15 §6); a job is given up after `seconds`. Where a default has no
    value, tries follow the server's own rules."""
    return (
        attribute("destination-uri-schemes-supported", *(uri_scheme(each) for each in SCHEMES if each != "discard")),
        attribute("destination-uris-supported", *keywords(OF_DESTINATION)),
        attribute("multiple-destination-uris-supported", boolean(True)),
        attribute("confirmation-sheet-print-default", boolean(False)),
        attribute("cover-sheet-info-default", UNKNOWN),
        attribute("cover-sheet-info-supported", *keywords(COVER_MEMBERS)),
        *(attribute(f"{name}-supported", integer(MOST_NAME)) for name in ("from-name", "subject", "to-name")),
        attribute("message-supported", integer(MOST_MESSAGE)),
        attribute("number-of-retries-default", NO_VALUE),
        attribute("number-of-retries-supported", range_of(0, MOST_RETRIES)),
        attribute("retry-interval-default", NO_VALUE),
        attribute("retry-interval-supported", range_of(LEAST_INTERVAL, MOST_INTERVAL)),
        attribute("retry-time-out-default", integer(seconds)),
        attribute("retry-time-out-supported", range_of(1, MOST_SECONDS)),
    )


def fax_log(board: str) -> Attribute:
    """Where the log of calls is: the board's list of jobs."""
    return attribute("printer-fax-log-uri", uri(f"{board}/jobs"))
