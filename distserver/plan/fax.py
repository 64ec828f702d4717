"""The rendition class of a fax: line, resolution and coding out of what the far side can (T.30 DIS, RFC 3949 §2.2).

Few classes, for each costs a conversion: what is wanted if the far side can, else the next coarser. Nobody knows what a
number can before it was called; then fine, A4 and MMR are taken, which fax software brings down for the one call that
needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from distserver.model.capabilities import Capabilities
from distserver.model.documents import TIFF_F, PrintOptions, Quality, RenditionClass
from distserver.plan.media import A4, MediaSize, choose_media, parse_media_size
from distwire.tiff.fax import CODINGS, MH, MMR, RESOLUTIONS

Resolution = tuple[int, int]

RESOLUTION_NAMES: Mapping[str, Resolution] = dict(
    zip(("standard", "fine", "superfine", "300", "400"), RESOLUTIONS, strict=True)
)
"""What people and group files call them."""

WIDTH_MEDIA = {"a4": A4, "b4": "jis_b4_257x364mm", "a3": "iso_a3_297x420mm"}
"""The paper that goes with a width of `width=`."""

_FINE = RESOLUTION_NAMES["fine"]
_OF_QUALITY = {Quality.DRAFT: "standard", Quality.NORMAL: "fine", Quality.HIGH: "superfine"}


@dataclass(frozen=True, slots=True)
class FaxWish:
    """What is wanted of a fax; None leaves it to the far side and to us. `media` is a PWG name."""

    resolution: Resolution | None = None
    media: str | None = None
    coding: str | None = None
    header: str | None = None
    cover: str | None = None


def read_fax_wish(options: PrintOptions, line: Mapping[str, str]) -> FaxWish:
    """The line's word before the sender's. What makes no sense is passed over."""
    named = RESOLUTION_NAMES.get(line.get("resolution", "").lower())
    asked = RESOLUTION_NAMES[_OF_QUALITY[options.quality]] if options.quality is not None else None
    coding = line.get("coding", "").lower()
    return FaxWish(
        resolution=named or asked,
        media=WIDTH_MEDIA.get(line.get("width", "").lower(), options.media),
        coding=coding if coding in CODINGS else None,
        header=line.get("header") or None,
        cover=line.get("cover") or None,
    )


def choose_fax_class(capabilities: Capabilities, wish: FaxWish) -> RenditionClass:
    """The class for this far side, its layout and pages not yet in it."""
    media, size = _choose_paper(capabilities, wish.media)
    return RenditionClass(
        TIFF_F,
        type="black_1",
        dpi=_choose_resolution(capabilities.resolutions, wish.resolution),
        media=media,
        media_size=size,
        coding=_choose_coding(capabilities.codings, wish.coding),
        header=wish.header,
        cover=wish.cover,
    )


def _choose_paper(capabilities: Capabilities, wanted: str | None) -> tuple[str, MediaSize]:
    media, size = choose_media(capabilities, wanted) or (A4, None)
    size = size or parse_media_size(media)
    assert size is not None
    return media, size


def _choose_resolution(known: tuple[Resolution, ...], wanted: Resolution | None) -> Resolution:
    """What is wanted, or fine, or the finest below it that is known; what nothing is known of can that."""
    goal = wanted or _FINE
    able = [one for one in RESOLUTIONS if one in known] if known else list(RESOLUTIONS)
    below = [one for one in able if one[0] * one[1] <= goal[0] * goal[1]]
    return below[-1] if below else (able or [RESOLUTIONS[0]])[0]


def _choose_coding(known: tuple[str, ...], wanted: str | None) -> str:
    """MMR takes the fewest octets; every fax machine reads MH."""
    able = known or CODINGS
    if wanted in able:
        return wanted or MMR
    return next((one for one in reversed(CODINGS) if one in able), MH)
