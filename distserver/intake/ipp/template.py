"""What a printer says of Job Template attributes: `-default`, `-supported`, `-ready` (RFC 8011 §5.2, PWG 5100.7)."""

from __future__ import annotations

from distserver.deliver.retry import LEAST_INTERVAL, MOST_INTERVAL
from distserver.intake.ipp.ability import Ability
from distserver.intake.ipp.choices import PAPER, SELECTORS, color_modes, describe_choices, describe_paper
from distserver.intake.ipp.cover_sheet import COVER_MEMBERS, MOST_MESSAGE, MOST_NAME
from distserver.intake.ipp.fax_ticket import FAX_ATTRIBUTES, MOST_RETRIES, MOST_SECONDS, OF_DESTINATION
from distserver.intake.ipp.ticket import HOLDS, LEVELS, MOST_COPIES, SETTABLE
from distserver.model.address import SCHEMES
from distserver.model.documents import NUMBERS_UP, Orientation, Quality, Scaling, Sides
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
    "job-mandatory-attributes",
    "job-name",
    "job-priority",
    "job-sheets",
    "media",
    "media-col",
    "multiple-document-handling",
    "number-up",
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


def describe_template(ability: Ability, *, fax: bool) -> tuple[Attribute, ...]:
    """All of them."""
    return (*_basics(fax=fax), *_media(ability), *_choices(ability), *describe_choices())


def _basics(*, fax: bool) -> tuple[Attribute, ...]:
    return (
        attribute("job-creation-attributes-supported", *keywords((*CREATION, *(FAX_ATTRIBUTES if fax else ())))),
        attribute("copies-default", integer(1)),
        attribute("copies-supported", range_of(1, MOST_COPIES)),
        attribute("job-hold-until-default", keyword("no-hold")),
        attribute("job-hold-until-supported", *keywords(HOLDS)),
        attribute("job-hold-until-time-supported", range_of(0, 2**31 - 1)),
        attribute("job-mandatory-attributes-supported", boolean(True)),
        attribute("job-priority-default", integer(50)),
        attribute("job-priority-supported", integer(LEVELS)),
        attribute("job-settable-attributes-supported", *keywords(SETTABLE)),
        attribute("overrides-supported", *keywords(SELECTORS)),
    )


def _media(ability: Ability) -> tuple[Attribute, ...]:
    sizes = dict(ability.media)
    default = ability.media[0][0]
    return (
        attribute("media-default", keyword(default)),
        attribute("media-ready", *keywords(ability.ready)),
        attribute("media-supported", *keywords(sizes)),
        attribute("media-col-default", _column(default, sizes[default])),
        attribute("media-col-ready", *(_column(name, sizes[name]) for name in ability.ready)),
        attribute("media-col-database", *(_column(name, size) for name, size in ability.media)),
        attribute("media-size-supported", *(_size(size) for size in dict.fromkeys(sizes.values()))),
        *describe_paper(),
    )


def _size(size: MediaSize) -> Value:
    return collection(attribute("x-dimension", integer(size[0])), attribute("y-dimension", integer(size[1])))


def _column(media: str, size: MediaSize) -> Value:
    return collection(
        attribute("media-size", _size(size)),
        attribute("media-size-name", keyword(media)),
        *(attribute(name, value) for name, value in PAPER.items()),
    )


def _choices(ability: Ability) -> tuple[Attribute, ...]:
    return (
        attribute("number-up-default", integer(1)),
        attribute("number-up-supported", *(integer(each) for each in NUMBERS_UP)),
        attribute("orientation-requested-default", enum(3)),
        attribute("orientation-requested-supported", *(enum(each) for each in Orientation)),
        attribute("landscape-orientation-requested-preferred", enum(4)),
        attribute("print-color-mode-default", keyword("auto")),
        attribute("print-color-mode-supported", *keywords(color_modes(ability))),
        attribute("print-quality-default", enum(Quality.NORMAL)),
        attribute("print-quality-supported", *(enum(each) for each in Quality)),
        attribute("print-scaling-default", keyword("auto")),
        attribute("print-scaling-supported", *keywords(Scaling)),
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
