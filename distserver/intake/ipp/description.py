"""A group as the attributes of an IPP printer (RFC 8011 §5.4, PWG 5100.13, PWG 5100.14, PWG 5100.15)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from distserver.intake.ipp.ability import Ability
from distserver.intake.ipp.addresses import Origin, Place
from distserver.intake.ipp.icon import ICON_SIZES, icon_path
from distserver.intake.ipp.printers import Printer, Printers
from distserver.intake.ipp.supplies import describe_remains
from distserver.intake.ipp.template import describe_fax, describe_template, fax_log
from distserver.model.documents import INPUT_FORMATS, JPEG, PDF, PNG, PWG_RASTER, TIFF, URF, Sides
from distwire.ipp.attributes import Attribute, attribute
from distwire.ipp.enums import PrinterState
from distwire.ipp.service import CHARSETS, COMPRESSIONS
from distwire.ipp.values import (
    UNKNOWN,
    boolean,
    charset,
    cut_octets,
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

MODEL = "Distserver group"
OCTET_STREAM = "application/octet-stream"
FORMATS = (*INPUT_FORMATS, OCTET_STREAM)
WHICH_JOBS = (
    "completed",
    "not-completed",
    "aborted",
    "all",
    "canceled",
    "pending",
    "pending-held",
    "processing",
    "processing-stopped",
)

_COMMANDS = {PDF: "PDF", JPEG: "JPEG", PNG: "PNG", TIFF: "TIFF", PWG_RASTER: "PWGRaster", URF: "URF"}
_URF_KEYWORDS = ("V1.4", "CP255", "IS1", "MT1", "OB10", "PQ3-4-5", "RS300", "W8", "SRGB24")


@dataclass(frozen=True, slots=True)
class House:
    """What all printers of a server share. `started` is in seconds since the epoch: since when it is up; `timeout` is
    for how many seconds a job may stay open, `deadline` after how many it is given up. The ports are those at which
    clients reach ipp: and ipps:; `authorities` are the `host:port` of the printers as the settings have them."""

    board: str
    started: float
    timeout: int
    deadline: int
    most_octets: int
    plain_port: int
    secure_port: int
    authorities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Moment:
    """How a printer stands now: jobs that have not ended, and since when its group is as it is. `changed` is when an
    operator last paused or closed it, or let it go on; 0 for never."""

    jobs: int
    processing: bool
    configured: float
    paused: bool = False
    accepting: bool = True
    changed: float = 0.0


def describe_printer(
    printer: Printer, printers: Printers, ability: Ability, house: House, moment: Moment, origin: Origin
) -> tuple[Attribute, ...]:
    """All attributes, as a client sees them that reaches the server at `origin`."""
    return (
        *_addresses(printer.place, house, origin),
        *_names(printer, printers, house, origin),
        *describe_state(ability, house, moment),
        *_abilities(ability, house, fax=printer.is_fax),
        *describe_template(ability, fax=printer.is_fax),
        *((*describe_fax(house.deadline), fax_log(house.board)) if printer.is_fax else ()),
        *describe_remains(ability.remains, fax=printer.is_fax),
    )


def group_page(printer: Printer, house: House) -> str:
    """Where the board shows the printer's group; the board itself where there is none."""
    return f"{house.board}/groups/{quote(printer.group.file)}" if printer.group is not None else f"{house.board}/"


def operations_supported(codes: Iterable[int]) -> Attribute:
    return attribute("operations-supported", *(enum(code) for code in sorted(codes)))


def _addresses(place: Place, house: House, origin: Origin) -> tuple[Attribute, ...]:
    origins = (origin, origin.other(house.plain_port if origin.secure else house.secure_port))
    return (
        attribute("printer-uri-supported", *(uri(one.printer_uri(place)) for one in origins)),
        attribute("uri-security-supported", *keywords("tls" if one.secure else "none" for one in origins)),
        attribute(
            "uri-authentication-supported",
            *keywords("basic" if one.secure else "requesting-user-name" for one in origins),
        ),
    )


def _names(printer: Printer, printers: Printers, house: House, origin: Origin) -> tuple[Attribute, ...]:
    page = group_page(printer, house)
    web = f"http{'s' if origin.secure else ''}://{origin.authority}"
    commands = ",".join(_COMMANDS.values())
    shown = printer.name
    info = f"{shown}: {printer.location}" if printer.location else shown
    return (
        attribute("printer-name", name(cut_octets(printer.place.name or printer.place.kind.value, 127))),
        attribute("printer-dns-sd-name", name(cut_octets(shown, 63))),
        attribute("printer-info", text(cut_octets(info, 127))),
        attribute("printer-location", text(printer.location)),
        attribute("printer-make-and-model", text(MODEL)),
        attribute("printer-device-id", text(f"MFG:Distserver;MDL:{MODEL};CMD:{commands};")),
        attribute("printer-uuid", uri(printers.uuid(printer.place))),
        attribute("printer-more-info", uri(page)),
        attribute("printer-icons", *(uri(f"{web}{icon_path(size)}") for size in ICON_SIZES)),
        attribute("printer-supply-info-uri", uri(f"{page}#supplies" if printer.group is not None else page)),
        attribute("printer-geo-location", UNKNOWN),
        attribute("printer-organization", text("")),
        attribute("printer-organizational-unit", text("")),
        attribute("printer-firmware-name", name("distserver")),
        attribute("printer-kind", *keywords(("document", "photo"))),
    )


def describe_state(ability: Ability, house: House, moment: Moment) -> tuple[Attribute, ...]:
    """How it is, and since when."""
    now = time.time()
    stopped = moment.paused or ability.stopped
    state = PrinterState.STOPPED if stopped else PrinterState.PROCESSING if moment.processing else PrinterState.IDLE
    reasons = ("paused",) if moment.paused else ability.reasons
    return (
        attribute("printer-state", enum(state)),
        attribute("printer-state-reasons", *keywords(reasons)),
        attribute("printer-state-message", text(state_words(ability, moment))),
        attribute("printer-is-accepting-jobs", boolean(moment.accepting)),
        attribute("queued-job-count", integer(moment.jobs)),
        attribute("printer-up-time", integer(up_time(house, now))),
        attribute("printer-current-time", date_time(datetime.now(UTC))),
        attribute("printer-state-change-time", integer(up_time(house, max(house.started, moment.changed)))),
        attribute("printer-state-change-date-time", date_time(_date(max(house.started, moment.changed)))),
        attribute("printer-config-change-time", integer(up_time(house, moment.configured))),
        attribute("printer-config-change-date-time", date_time(_date(moment.configured))),
    )


def state_words(ability: Ability, moment: Moment) -> str:
    """The state in words for a person."""
    if not moment.accepting:
        return "Closed: no new jobs are taken" + (", and those there are wait." if moment.paused else ".")
    if moment.paused:
        return "Paused: jobs are taken and wait until an operator resumes it."
    if not ability.members:
        return "This group has no destination."
    if ability.troubled:
        verb = "is" if ability.troubled == 1 else "are"
        return f"{ability.troubled} of {ability.members} destinations {verb} in trouble; the others print."
    return f"Ready: {ability.members} destination{'' if ability.members == 1 else 's'}."


def up_time(house: House, at: float) -> int:
    """printer-up-time at that time: seconds since the server started, at least 1 (RFC 8011 §5.4.29)."""
    return max(1, min(2**31 - 1, int(at - house.started) + 1))


def _abilities(ability: Ability, house: House, *, fax: bool) -> tuple[Attribute, ...]:
    features = ("faxout",) if fax else ("ipp-everywhere", "document-object")
    asked = ("document-format", "destination-uri") if fax else ("document-format",)
    return (
        attribute("ipp-versions-supported", *keywords(("1.1", "2.0"))),
        attribute("ipp-features-supported", *keywords((*features, "subscription-object"))),
        attribute("charset-configured", charset("utf-8")),
        attribute("charset-supported", *(charset(each) for each in CHARSETS)),
        attribute("natural-language-configured", natural_language("en")),
        attribute("generated-natural-language-supported", natural_language("en")),
        attribute("document-format-default", mime_type(OCTET_STREAM)),
        attribute("document-format-preferred", mime_type(PDF)),
        attribute("document-format-supported", *(mime_type(each) for each in FORMATS)),
        attribute("compression-supported", *keywords(COMPRESSIONS)),
        attribute("pdl-override-supported", keyword("attempted")),
        attribute("color-supported", boolean(ability.color)),
        attribute("pages-per-minute", integer(60)),
        *((attribute("pages-per-minute-color", integer(60)),) if ability.color else ()),
        attribute("identify-actions-default", keyword("display")),
        attribute("identify-actions-supported", keyword("display")),
        attribute("job-ids-supported", boolean(True)),
        attribute("job-k-octets-supported", range_of(0, min(2**31 - 1, house.most_octets // 1024))),
        attribute("which-jobs-supported", *keywords(WHICH_JOBS)),
        attribute("multiple-document-jobs-supported", boolean(True)),
        attribute("multiple-operation-time-out", integer(house.timeout)),
        attribute("multiple-operation-time-out-action", keyword("abort-job")),
        attribute("preferred-attributes-supported", boolean(False)),
        attribute("printer-get-attributes-supported", *keywords(asked)),
        attribute("pwg-raster-document-resolution-supported", resolution(300, 300)),
        attribute("pwg-raster-document-type-supported", *keywords(_raster_types(ability))),
        attribute("pwg-raster-document-sheet-back", keyword("normal")),
        attribute("urf-supported", *keywords(urf_keywords(ability))),
        attribute("page-ranges-supported", boolean(True)),
    )


def is_duplex(ability: Ability) -> bool:
    """Whether one of the members prints on both sides."""
    return Sides.LONG_EDGE in ability.sides


def urf_keywords(ability: Ability) -> tuple[str, ...]:
    """What Apple's clients ask for before they send raster: urf-supported, and URF in what is announced."""
    return (*_URF_KEYWORDS, "DM1") if is_duplex(ability) else _URF_KEYWORDS


def _raster_types(ability: Ability) -> tuple[str, ...]:
    return ("black_1", "sgray_8", "srgb_8") if ability.color else ("black_1", "sgray_8")


def _date(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
