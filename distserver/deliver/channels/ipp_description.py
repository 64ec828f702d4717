"""What a printer's description says, as `Capabilities` (RFC 8011 §5.4, PWG 5100.13, PWG 5102.4); always tolerant."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from distserver.deliver.channels.ipp_supplies import read_alerts, read_supplies, read_trays
from distserver.model.capabilities import Capabilities
from distserver.model.documents import Sides
from distwire.ipp.attributes import Collection, Group
from distwire.ipp.enums import PrinterState
from distwire.ipp.tags import LAST_OUT_OF_BAND_TAG
from distwire.ipp.values import DPCM, Resolution

REQUESTED = ("all", "media-col-database")
"""`media-col-database` is long and only sent when asked for by name (PWG 5100.7 §6.3)."""

MARKS = (
    "printer-config-change-date-time",
    "printer-config-changes",
    "printer-uuid",
    "printer-firmware-string-version",
    "document-format-supported",
    "media-ready",
)
"""What tells whether a printer is configured as it was: the first two are made for it (PWG 5100.13 §5.6, 5100.22), the
others tell it where a printer forgets to say so."""

_STATES = {PrinterState.IDLE: "idle", PrinterState.PROCESSING: "processing", PrinterState.STOPPED: "stopped"}
_MAX_LIST, _MAX_MEDIA, _LONGEST = 60, 300, 100
"""No device that makes sense says more, or in longer words, and thousands of descriptions are remembered."""


def read_capabilities(printer: Group) -> Capabilities:
    """Whatever is there and makes sense; what is not stays empty."""
    told = _read_configuration(printer)
    return update_condition(told, printer)


def update_condition(told: Capabilities, printer: Group) -> Capabilities:
    """The same device with its state, supplies, trays and alerts as they are now; `told` itself if that is nothing
    new."""
    now = replace(
        told,
        accepting=printer.boolean("printer-is-accepting-jobs") is not False,
        state=_STATES.get(PrinterState(state), "idle") if (state := _read_state(printer)) else "idle",
        state_reasons=read_reasons(printer, "printer-state-reasons"),
        supplies=read_supplies(printer),
        trays=read_trays(printer),
        alerts=read_alerts(printer),
    )
    return told if now == told else now


def _read_configuration(printer: Group) -> Capabilities:
    copies = printer.range("copies-supported")
    sides = {side.value: side for side in Sides}
    k_octets = printer.range("job-k-octets-supported")
    return Capabilities(
        formats=tuple(word.lower() for word in _read_words(printer, "document-format-supported")),
        default_format=printer.string("document-format-default"),
        pwg_types=_read_words(printer, "pwg-raster-document-type-supported"),
        pwg_resolutions=_read_resolutions(printer, "pwg-raster-document-resolution-supported"),
        sheet_back=printer.string("pwg-raster-document-sheet-back") or "normal",
        urf=_read_words(printer, "urf-supported"),
        resolutions=_read_resolutions(printer, "printer-resolution-supported"),
        resolution_default=next(iter(_read_resolutions(printer, "printer-resolution-default")), None),
        sides=tuple(sides[word] for word in printer.strings("sides-supported") if word in sides),
        sides_default=sides.get(printer.string("sides-default") or ""),
        color=printer.boolean("color-supported"),
        media=_read_words(printer, "media-supported", _MAX_MEDIA),
        media_ready=_read_words(printer, "media-ready", _MAX_MEDIA),
        media_default=printer.string("media-default"),
        media_sizes=_read_media_sizes(printer),
        copies_max=max(1, copies.upper) if copies is not None else 1,
        print_scaling=_read_words(printer, "print-scaling-supported"),
        qualities=printer.integers("print-quality-supported")[:_MAX_LIST],
        compression=_read_words(printer, "compression-supported"),
        operations=frozenset(printer.integers("operations-supported")[:_MAX_MEDIA]),
        make_and_model=(printer.string("printer-make-and-model") or "")[:_LONGEST],
        uuid=printer.string("printer-uuid"),
        max_octets=k_octets.upper * 1024 if k_octets is not None and k_octets.upper > 0 else None,
        mark=read_mark(printer),
    )


def _read_words(printer: Group, name: str, most: int = _MAX_LIST) -> tuple[str, ...]:
    """Strings of an attribute, so many at most; those that are too long are passed over."""
    return tuple(word for word in printer.strings(name)[:most] if len(word) <= _LONGEST)


def read_mark(printer: Group) -> str:
    """What `MARKS` say, in few characters; empty when neither of those is there that are made for it."""
    told = [printer.find(name) for name in MARKS]
    if not any(one is not None and any(value.tag > LAST_OUT_OF_BAND_TAG for value in one.values) for one in told[:2]):
        return ""
    return hashlib.sha256(repr([one and one.values for one in told]).encode()).hexdigest()[:32]


def read_reasons(group: Group, name: str) -> tuple[str, ...]:
    """Keywords of a state-reasons attribute, without `none`, each at most 255 characters."""
    return tuple(word[:255] for word in group.strings(name)[:50] if word and word != "none")


def _read_state(printer: Group) -> int | None:
    state = printer.integer("printer-state")
    return state if state in _STATES else None


def _read_resolutions(printer: Group, name: str) -> tuple[tuple[int, int], ...]:
    """Dots per inch; a device that counts by the centimetre is converted."""
    found = printer.find(name)
    pairs: list[tuple[int, int]] = []
    for value in found.values[:_MAX_LIST] if found is not None else ():
        if isinstance(value.data, Resolution) and value.data.x > 0 and value.data.y > 0:
            x, y, units = value.data
            pairs.append((round(x * 2.54), round(y * 2.54)) if units == DPCM else (x, y))
    return tuple(pairs)


def _read_media_sizes(printer: Group) -> dict[str, tuple[int, int]]:
    """Sizes by name, from media-col-database, media-col-ready and media-col-default."""
    sizes: dict[str, tuple[int, int]] = {}
    for name in ("media-col-database", "media-col-ready", "media-col-default"):
        for column in printer.collections(name)[:_MAX_MEDIA]:
            size = _read_size(column)
            key = column.string("media-size-name") or column.string("media-key")
            if size is not None and key and len(key) <= _LONGEST and key not in sizes and len(sizes) < _MAX_MEDIA:
                sizes[key] = size
    return sizes


def _read_size(column: Collection) -> tuple[int, int] | None:
    for size in column.collections("media-size"):
        x, y = size.integer("x-dimension"), size.integer("y-dimension")
        if x and y and x > 0 and y > 0:
            return x, y
    return None
