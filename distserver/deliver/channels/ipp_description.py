"""What a printer's description says, as `Capabilities` (RFC 8011 §5.4, PWG 5100.13, PWG 5102.4); always tolerant."""

from __future__ import annotations

import hashlib

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
_MAX_LIST = 2000


def read_capabilities(printer: Group) -> Capabilities:
    """Whatever is there and makes sense; what is not stays empty."""
    copies = printer.range("copies-supported")
    sides = {side.value: side for side in Sides}
    k_octets = printer.range("job-k-octets-supported")
    return Capabilities(
        formats=tuple(f.lower() for f in printer.strings("document-format-supported"))[:_MAX_LIST],
        default_format=printer.string("document-format-default"),
        pwg_types=printer.strings("pwg-raster-document-type-supported"),
        pwg_resolutions=_read_resolutions(printer, "pwg-raster-document-resolution-supported"),
        sheet_back=printer.string("pwg-raster-document-sheet-back") or "normal",
        urf=printer.strings("urf-supported"),
        resolutions=_read_resolutions(printer, "printer-resolution-supported"),
        resolution_default=next(iter(_read_resolutions(printer, "printer-resolution-default")), None),
        sides=tuple(sides[word] for word in printer.strings("sides-supported") if word in sides),
        sides_default=sides.get(printer.string("sides-default") or ""),
        color=printer.boolean("color-supported"),
        media=printer.strings("media-supported")[:_MAX_LIST],
        media_ready=printer.strings("media-ready"),
        media_default=printer.string("media-default"),
        media_sizes=_read_media_sizes(printer),
        copies_max=max(1, copies.upper) if copies is not None else 1,
        print_scaling=printer.strings("print-scaling-supported"),
        qualities=printer.integers("print-quality-supported"),
        compression=printer.strings("compression-supported"),
        operations=frozenset(printer.integers("operations-supported")),
        accepting=printer.boolean("printer-is-accepting-jobs") is not False,
        state=_STATES.get(PrinterState(state), "idle") if (state := _read_state(printer)) else "idle",
        state_reasons=read_reasons(printer, "printer-state-reasons"),
        make_and_model=printer.string("printer-make-and-model") or "",
        uuid=printer.string("printer-uuid"),
        max_octets=k_octets.upper * 1024 if k_octets is not None and k_octets.upper > 0 else None,
        mark=read_mark(printer),
    )


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
    for value in found.values if found is not None else ():
        if isinstance(value.data, Resolution) and value.data.x > 0 and value.data.y > 0:
            x, y, units = value.data
            pairs.append((round(x * 2.54), round(y * 2.54)) if units == DPCM else (x, y))
    return tuple(pairs)


def _read_media_sizes(printer: Group) -> dict[str, tuple[int, int]]:
    """Sizes by name, from media-col-database, media-col-ready and media-col-default."""
    sizes: dict[str, tuple[int, int]] = {}
    for name in ("media-col-database", "media-col-ready", "media-col-default"):
        for column in printer.collections(name)[:_MAX_LIST]:
            size = _read_size(column)
            key = column.string("media-size-name") or column.string("media-key")
            if size is not None and key and key not in sizes:
                sizes[key] = size
    return sizes


def _read_size(column: Collection) -> tuple[int, int] | None:
    for size in column.collections("media-size"):
        x, y = size.integer("x-dimension"), size.integer("y-dimension")
        if x and y and x > 0 and y > 0:
            return x, y
    return None
