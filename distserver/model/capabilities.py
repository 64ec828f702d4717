"""What a destination says it can take (IPP Get-Printer-Attributes, CUPS, or what its channel knows)."""

from __future__ import annotations

from dataclasses import dataclass, field

from distserver.model.documents import Sides
from distserver.model.supplies import Alert, Supply, Tray


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The part of a printer's description that decides in which form a document goes there, and how it is.

    Formats are MIME types. Resolutions are (x, y) dots per inch. `media_sizes` maps a PWG media name to its
    (width, height) in hundredths of a millimetre. `urf` holds the keywords of `urf-supported` as they came.
    `sheet_back` is `pwg-raster-document-sheet-back`. Empty tuples mean that the device did not say.
    `mark` is the same as long as the device says that nothing of it has changed; empty where it does not say. State,
    supplies, trays and alerts change all the same. `codings` are those of a fax: `mh`, `mr`, `mmr`.
    """

    formats: tuple[str, ...] = ()
    default_format: str | None = None
    pwg_types: tuple[str, ...] = ()
    pwg_resolutions: tuple[tuple[int, int], ...] = ()
    sheet_back: str = "normal"
    urf: tuple[str, ...] = ()
    resolutions: tuple[tuple[int, int], ...] = ()
    resolution_default: tuple[int, int] | None = None
    codings: tuple[str, ...] = ()
    sides: tuple[Sides, ...] = ()
    sides_default: Sides | None = None
    color: bool | None = None
    media: tuple[str, ...] = ()
    media_ready: tuple[str, ...] = ()
    media_default: str | None = None
    media_sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    copies_max: int = 1
    print_scaling: tuple[str, ...] = ()
    qualities: tuple[int, ...] = ()
    compression: tuple[str, ...] = ()
    operations: frozenset[int] = frozenset()
    accepting: bool = True
    state: str = "idle"
    state_reasons: tuple[str, ...] = ()
    make_and_model: str = ""
    uuid: str | None = None
    max_octets: int | None = None
    mark: str = ""
    supplies: tuple[Supply, ...] = ()
    trays: tuple[Tray, ...] = ()
    alerts: tuple[Alert, ...] = ()
