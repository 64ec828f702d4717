"""What a device has left and what it complains of: supplies, trays, alerts (RFC 3805, PWG 5100.9, PWG 5100.13)."""

from __future__ import annotations

from typing import NamedTuple

LOW_PERCENT = 10
"""At and below this a supply is low: as IPP printers have it that say `marker-supply-low`."""


class Supply(NamedTuple):
    """A cartridge, a drum, a box for waste. `percent` is what is left (of a box: its room), None where the device does
    not know; `kind` and `color` are its words (`toner`, `wasteToner`; `black`), `name` what people call it."""

    name: str
    kind: str
    color: str
    percent: int | None
    waste: bool = False

    @property
    def is_low(self) -> bool:
        return self.percent is not None and self.percent <= LOW_PERCENT


class Tray(NamedTuple):
    """A place of paper. `capacity` is in sheets, `percent` how full it is; None where the device does not know."""

    name: str
    capacity: int | None
    percent: int | None


class Alert(NamedTuple):
    """What is wrong: the device's `code` (`jam`, `media-empty`), how bad, and its own words, if any."""

    code: str
    severity: str
    words: str = ""
