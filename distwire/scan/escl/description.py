"""What an eSCL scanner can: `ScannerCapabilities` (Mopria eSCL 2.x §8)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from distwire.scan.contract import Capabilities, Color, Resolutions, Source, SourceAbility
from distwire.scan.escl.document import Element, parse_document

JPEG = "image/jpeg"
UNITS_PER_INCH = 300
"""Regions are counted in three hundredths of an inch."""

_COLORS = {
    Color.BI_LEVEL: ("Grayscale8", "RGB24"),
    Color.MONOCHROME: ("Grayscale8", "RGB24"),
    Color.COLOR: ("RGB24",),
}
_VERSION = re.compile(r"\d{1,2}\.\d{1,3}\Z")


@dataclass(frozen=True, slots=True)
class SourceDetail:
    """What a job for one source is made of: colour modes by our words, size in `UNITS_PER_INCH`, formats."""

    modes: dict[Color, str]
    width: int
    height: int
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """Capabilities in the words of the contract, with what only eSCL needs."""

    capabilities: Capabilities
    version: str
    details: dict[Source, SourceDetail]


def read_description(data: bytes, uri: str) -> Description:
    """Read `ScannerCapabilities`. Raises `BrokenAnswer`; what is missing in it is taken as not offered."""
    root = parse_document(data, "ScannerCapabilities")
    version = root.read_text("Version")
    name = root.read_text("MakeAndModel") or "the scanner"
    profiles = {one.read_attribute("name"): one for one in root.search("SettingProfile") if one.read_attribute("name")}
    abilities, details = [], {}
    for source, inputs, two_sided in (
        (Source.PLATEN, root.find_all("Platen", "PlatenInputCaps"), False),
        (Source.ADF, root.find_all("Adf", "AdfSimplexInputCaps"), bool(root.find("Adf", "AdfDuplexInputCaps"))),
    ):
        caps = inputs[0] if inputs else root.find("Adf", "AdfDuplexInputCaps") if source is Source.ADF else None
        if caps is None:
            continue
        detail, resolutions = _read_detail(caps, profiles)
        size = detail.width * 2540 // UNITS_PER_INCH, detail.height * 2540 // UNITS_PER_INCH
        abilities.append(SourceAbility(source, tuple(detail.modes), resolutions, size, two_sided))
        details[source] = detail
    return Description(
        Capabilities(uri, _one_line(name), tuple(abilities)), version if _VERSION.match(version) else "2.0", details
    )


def _read_detail(caps: Element, profiles: dict[str, Element]) -> tuple[SourceDetail, Resolutions]:
    settings = [_resolve(one, profiles) for one in caps.search("SettingProfile")]
    offered = {_text(mode) for one in settings for mode in one.search("ColorMode")}
    modes = {
        color: next(mode for mode in wanted if mode in offered)
        for color, wanted in _COLORS.items()
        if offered & set(wanted)
    }
    formats = [_text(one) for each in settings for tag in _FORMATS for one in each.search(tag)]
    width, height = caps.read_number("MaxWidth") or 2550, caps.read_number("MaxHeight") or 3508
    return SourceDetail(modes, width, height, tuple(dict.fromkeys(formats))), _read_resolutions(settings)


_FORMATS = ("DocumentFormat", "DocumentFormatExt")


def _resolve(profile: Element, profiles: dict[str, Element]) -> Element:
    """Some refer to a profile that stands elsewhere by its name."""
    return profiles.get(profile.read_attribute("ref"), profile)


def _read_resolutions(settings: list[Element]) -> Resolutions:
    pairs = [
        (one.read_number("XResolution"), one.read_number("YResolution"))
        for each in settings
        for one in each.search("DiscreteResolution")
    ]
    values = sorted({across for across, down in pairs if across and across == down})
    ranges = [one for each in settings for one in each.search("XResolutionRange")]
    low, high = (ranges[0].read_number("Min"), ranges[0].read_number("Max")) if ranges else (None, None)
    return Resolutions(tuple(values), low, high) if low and high else Resolutions(tuple(values))


def _text(element: Element) -> str:
    return element.read_text()


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)[:120]
