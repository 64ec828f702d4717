"""What a scanner is asked for: `ScanSettings` (Mopria eSCL 2.x §7)."""

from __future__ import annotations

from lxml import etree

from distwire.scan.contract import ScanJob, Source
from distwire.scan.escl.description import JPEG, UNITS_PER_INCH, Description
from distwire.scan.faults import SettingRefused

SCAN = "http://schemas.hp.com/imaging/escl/2011/05/03"
PWG = "http://www.pwg.org/schemas/2010/12/sm"
_INPUTS = {Source.PLATEN: "Platen", Source.ADF: "Feeder"}


def write_settings(job: ScanJob, description: Description) -> bytes:
    """The XML for a job whose source is decided. Raises `SettingRefused` when the scanner offers no JPEG."""
    source = job.source or Source.PLATEN
    detail = description.details[source]
    if detail.formats and JPEG not in detail.formats:
        offered = ", ".join(detail.formats)[:120]
        raise SettingRefused(f"{description.capabilities.name} sends no JPEG from its {source}, only {offered}")
    root = etree.Element(etree.QName(SCAN, "ScanSettings"), nsmap={"scan": SCAN, "pwg": PWG})
    _add(root, PWG, "Version", description.version)
    _add(root, SCAN, "Intent", "Document")
    width, height = detail.width, detail.height
    if job.size is not None:
        sides = zip((width, height), job.size, strict=True)
        width, height = (min(most, side * UNITS_PER_INCH // 2540) for most, side in sides)
    region = _add(_add(root, PWG, "ScanRegions"), PWG, "ScanRegion")
    _add(region, PWG, "ContentRegionUnits", "escl:ThreeHundredthsOfInches")
    for name, value in (("Height", height), ("Width", width), ("XOffset", 0), ("YOffset", 0)):
        _add(region, PWG, name, str(value))
    _add(root, PWG, "InputSource", _INPUTS[source])
    _add(root, PWG, "DocumentFormat", JPEG)
    _add(root, SCAN, "DocumentFormatExt", JPEG)
    _add(root, SCAN, "XResolution", str(job.resolution))
    _add(root, SCAN, "YResolution", str(job.resolution))
    _add(root, SCAN, "ColorMode", detail.modes[job.color])
    if source is Source.ADF:
        _add(root, SCAN, "Duplex", str(job.duplex).lower())
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _add(parent: etree._Element, space: str, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, etree.QName(space, name))
    element.text = text
    return element
