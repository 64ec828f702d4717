"""Kinds of printer that the device can be: what each says it takes, and takes."""

from __future__ import annotations

from dataclasses import dataclass

PDF = "application/pdf"
JPEG = "image/jpeg"
PWG_RASTER = "image/pwg-raster"
URF = "image/urf"
OCTET_STREAM = "application/octet-stream"

ONE_SIDED = "one-sided"
LONG_EDGE = "two-sided-long-edge"
SHORT_EDGE = "two-sided-short-edge"

_BOTH_SIDES = (ONE_SIDED, LONG_EDGE, SHORT_EDGE)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of printer can do.

    `raster_types` are PWG raster types (PWG 5102.4), `urf` the keywords of `urf-supported`. `sheet_back` says how the
    mechanism lays the back of a sheet: a client has to turn or mirror back sides beforehand (PWG 5102.4 §3.2).
    """

    name: str
    formats: tuple[str, ...]
    color: bool = True
    dpi: int = 300
    sides: tuple[str, ...] = _BOTH_SIDES
    sheet_back: str = "normal"
    raster_types: tuple[str, ...] = ()
    urf: tuple[str, ...] = ()

    @property
    def everywhere(self) -> bool:
        """True when it takes what IPP Everywhere asks for (PWG 5100.14 §4.2)."""
        return JPEG in self.formats and PWG_RASTER in self.formats

    def takes_raster(self, kind: str, dpi: tuple[int, int]) -> bool:
        """True when a page of that PWG raster type (or URF's equal) and resolution can be printed."""
        return kind in self.raster_types and dpi == (self.dpi, self.dpi)


_URF = ("V1.4", "CP99", "IS1", "MT1", "OB10", "PQ4", "RS300", "W8", "SRGB24")

PROFILES = {
    profile.name: profile
    for profile in (
        Profile("pdf", (PDF, JPEG)),
        Profile("pwg-mono", (PWG_RASTER,), color=False, sides=(ONE_SIDED,), raster_types=("black_1", "sgray_8")),
        Profile("urf", (URF,), raster_types=("sgray_8", "srgb_8"), urf=(*_URF, "DM1")),
        Profile("duplex-rotated", (PWG_RASTER,), sheet_back="rotated", raster_types=("srgb_8",)),
        Profile(
            "everything",
            (PDF, JPEG, PWG_RASTER, URF),
            raster_types=("black_1", "sgray_8", "srgb_8"),
            urf=(*_URF, "DM1"),
        ),
    )
}
