"""The device as its IPP attributes: IPP/2.0, and IPP Everywhere where the profile allows (PWG 5100.14 §5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from distwire.ipp.attributes import Attribute, attribute
from distwire.ipp.enums import JobState
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
    octets,
    text,
    uri,
)
from mfp_client.printing.addresses import printer_uri
from mfp_client.printing.device import Device
from mfp_client.printing.profiles import JPEG, OCTET_STREAM, PDF, PWG_RASTER, URF, Profile
from mfp_client.printing.template import describe_template, dots

MODEL = "Distribution MFP"
WHICH_JOBS = ("completed", "not-completed", "aborted", "all", "canceled", "pending", "processing")

_COMMANDS = {PDF: "PDF", JPEG: "JPEG", PWG_RASTER: "PWGRaster", URF: "URF"}


def describe_printer(device: Device, authority: str, operations: Iterable[int]) -> tuple[Attribute, ...]:
    """All attributes of the printer, as a client sees them that reaches it at `authority` (host:port)."""
    profile = device.options.profile
    return (
        *_addresses(authority),
        *_names(device, authority),
        *_state(device),
        *_abilities(profile, max(1, round(device.options.patience)), operations),
        *_raster(profile),
        *describe_template(profile),
        *_supplies(device),
    )


def _addresses(authority: str) -> tuple[Attribute, ...]:
    return (
        attribute("printer-uri-supported", uri(printer_uri(authority))),
        attribute("uri-authentication-supported", keyword("requesting-user-name")),
        attribute("uri-security-supported", keyword("none")),
    )


def _names(device: Device, authority: str) -> tuple[Attribute, ...]:
    options, page = device.options, f"http://{authority}/"
    commands = ",".join(_COMMANDS[format] for format in options.profile.formats)
    return (
        attribute("printer-name", name(cut_octets(options.name, 127))),
        attribute("printer-dns-sd-name", name(cut_octets(options.name, 63))),
        attribute("printer-info", text(cut_octets(options.name, 127))),
        attribute("printer-location", text(cut_octets(options.location, 127))),
        attribute("printer-make-and-model", text(f"{MODEL} ({options.profile.name})")),
        attribute("printer-device-id", text(f"MFG:Distribution;MDL:MFP {options.profile.name};CMD:{commands};")),
        attribute("printer-uuid", uri(f"urn:uuid:{device.identity.uuid}")),
        attribute("printer-more-info", uri(page)),
        attribute("printer-icons", uri(page + "icon.png")),
        attribute("printer-supply-info-uri", uri(page)),
        attribute("printer-geo-location", UNKNOWN),
        attribute("printer-organization", text("")),
        attribute("printer-organizational-unit", text("")),
        attribute("printer-firmware-name", name("mfp-client")),
    )


def _state(device: Device) -> tuple[Attribute, ...]:
    waiting = sum(1 for job in device.jobs if not job.ended)
    return (
        attribute("printer-state", enum(device.state)),
        attribute("printer-state-reasons", *keywords(device.reasons)),
        attribute("printer-state-message", text(state_words(device))),
        attribute("printer-is-accepting-jobs", boolean(True)),
        attribute("queued-job-count", integer(waiting)),
        attribute("printer-up-time", integer(device.up_time())),
        attribute("printer-current-time", date_time(datetime.now(UTC))),
        attribute("printer-state-change-time", integer(device.up_time(device.state_changed_at))),
        attribute("printer-state-change-date-time", date_time(_moment(device.state_changed_at))),
        attribute("printer-config-change-time", integer(device.up_time(device.started_at))),
        attribute("printer-config-change-date-time", date_time(_moment(device.started_at))),
    )


def state_words(device: Device) -> str:
    """The state in words for a person."""
    job = device.current
    if job is not None and job.state is JobState.PROCESSING_STOPPED:
        return "Out of paper: printing goes on when the tray is filled."
    if job is not None:
        return "Printing."
    return "Ready." if device.has_paper else "Ready, but the paper tray is empty."


def _abilities(profile: Profile, patience: int, operations: Iterable[int]) -> tuple[Attribute, ...]:
    features = ("ipp-everywhere",) if profile.everywhere else ("none",)
    return (
        attribute("ipp-versions-supported", *keywords(("1.1", "2.0"))),
        attribute("ipp-features-supported", *keywords(features)),
        attribute("operations-supported", *(enum(operation) for operation in operations)),
        attribute("charset-configured", charset("utf-8")),
        attribute("charset-supported", *(charset(each) for each in CHARSETS)),
        attribute("natural-language-configured", natural_language("en")),
        attribute("generated-natural-language-supported", natural_language("en")),
        attribute("document-format-default", mime_type(OCTET_STREAM)),
        attribute("document-format-preferred", mime_type(profile.formats[0])),
        attribute("document-format-supported", *(mime_type(each) for each in (*profile.formats, OCTET_STREAM))),
        attribute("compression-supported", *keywords(COMPRESSIONS)),
        attribute("pdl-override-supported", keyword("attempted")),
        attribute("color-supported", boolean(profile.color)),
        attribute("pages-per-minute", integer(60)),
        *((attribute("pages-per-minute-color", integer(60)),) if profile.color else ()),
        attribute("identify-actions-default", keyword("display")),
        attribute("identify-actions-supported", keyword("display")),
        attribute("job-ids-supported", boolean(True)),
        attribute("which-jobs-supported", *keywords(WHICH_JOBS)),
        attribute("multiple-document-jobs-supported", boolean(False)),
        attribute("multiple-operation-time-out", integer(patience)),
        attribute("multiple-operation-time-out-action", keyword("abort-job")),
        attribute("preferred-attributes-supported", boolean(False)),
        attribute("printer-get-attributes-supported", keyword("document-format")),
    )


def _raster(profile: Profile) -> tuple[Attribute, ...]:
    attributes: list[Attribute] = []
    if PWG_RASTER in profile.formats:
        attributes += [
            attribute("pwg-raster-document-resolution-supported", dots(profile)),
            attribute("pwg-raster-document-type-supported", *keywords(profile.raster_types)),
        ]
        if len(profile.sides) > 1:
            attributes.append(attribute("pwg-raster-document-sheet-back", keyword(profile.sheet_back)))
    if profile.urf:
        attributes.append(attribute("urf-supported", *keywords(profile.urf)))
    return tuple(attributes)


def _supplies(device: Device) -> tuple[Attribute, ...]:
    toner = b"index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=90;colorantname=black;"
    level = -3 if device.has_paper else 0  # some, unknown how much (RFC 3805 prtInputCurrentLevel)
    tray = f"type=sheetFeedAutoRemovableTray;mediafeed=29700;mediaxfeed=21000;maxcapacity=250;level={level};name=main;"
    return (
        attribute("printer-supply", octets(toner)),
        attribute("printer-supply-description", text("Toner (black)")),
        attribute("printer-input-tray", octets(tray.encode())),
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
