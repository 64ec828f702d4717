"""Paper sizes from their names (PWG 5101.1 §5: `iso_a4_210x297mm`, `na_letter_8.5x11in`, `custom_…`)."""

from __future__ import annotations

import re

from distserver.model.capabilities import Capabilities

MediaSize = tuple[int, int]

A4 = "iso_a4_210x297mm"
_NAME = re.compile(
    r"[a-z0-9.-]+(?:_[a-z0-9.+-]+)*_(\d{1,5}(?:\.\d{1,4})?)x(\d{1,5}(?:\.\d{1,4})?)(mm|in)", re.IGNORECASE
)
_RANGE = re.compile(r"custom_(min|max)_", re.IGNORECASE)

# What people write in a group file.
COMMON_NAMES = {
    "a3": "iso_a3_297x420mm",
    "a4": A4,
    "a5": "iso_a5_148x210mm",
    "a6": "iso_a6_105x148mm",
    "b4": "jis_b4_257x364mm",
    "b5": "jis_b5_182x257mm",
    "letter": "na_letter_8.5x11in",
    "legal": "na_legal_8.5x14in",
    "ledger": "na_ledger_11x17in",
    "tabloid": "na_ledger_11x17in",
    "executive": "na_executive_7.25x10.5in",
    "hagaki": "jpn_hagaki_100x148mm",
}


def parse_media_size(name: str) -> MediaSize | None:
    """(width, height) in hundredths of a millimetre of a self-describing media name, or None if it is none."""
    match = _NAME.fullmatch(name.strip())
    if match is None:
        return None
    unit = 100 if match[3].lower() == "mm" else 2540
    width, height = round(float(match[1]) * unit), round(float(match[2]) * unit)
    return (width, height) if width > 0 and height > 0 else None


def expand_media_name(name: str) -> str:
    """The self-describing name of what people write (`A4`, `letter`); other names come back as they are."""
    return COMMON_NAMES.get(name.strip().lower(), name.strip())


def choose_media(capabilities: Capabilities, wanted: str | None) -> tuple[str, MediaSize] | None:
    """The paper to print on: `wanted` if the device has it, else its default, else the first that is in it.

    A device that lists no media is believed to have what is wanted. None when nothing is known of the paper.
    """
    candidates = []
    if wanted is not None and _is_offered(capabilities, expand_media_name(wanted)):
        candidates.append(expand_media_name(wanted))
    if capabilities.media_default is not None:
        candidates.append(capabilities.media_default)
    candidates += [*capabilities.media_ready, *capabilities.media]
    for name in candidates:
        size = None if _RANGE.match(name) else find_media_size(capabilities, name)
        if size is not None:
            return name, size
    return None


def find_media_size(capabilities: Capabilities, name: str) -> MediaSize | None:
    """(width, height) in hundredths of a millimetre: what the device says of that paper, else what its name says."""
    size = capabilities.media_sizes.get(name)
    if size is not None and min(size) > 0:
        return size
    return parse_media_size(name)


def _is_offered(capabilities: Capabilities, name: str) -> bool:
    known = {*capabilities.media, *capabilities.media_ready, *capabilities.media_sizes}
    if not known or name in known:
        return True
    return name.startswith("custom_") and any(_RANGE.match(other) for other in known)
