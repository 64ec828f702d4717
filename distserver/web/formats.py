"""Values → the text that templates show: times, sizes, numbers, and the language a name is written in."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from markupsafe import Markup

from distserver.model.documents import Orientation, PrintOptions, Scaling
from distserver.model.pages import format_page_ranges

_JAPANESE = re.compile("[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f\U00020000-\U0002fa1f]")

_FORMATS = {
    "application/pdf": "PDF",
    "image/tiff": "TIFF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/pwg-raster": "PWG raster",
    "image/urf": "URF",
}


def lang_attribute(text: str) -> Markup:
    """` lang="ja"` for text with kana or kanji, so that glyphs, line breaks and speech are right; else nothing."""
    return Markup(' lang="ja"') if _JAPANESE.search(text) else Markup("")


def break_address(address: str) -> Markup:
    """An address that may be broken after its slashes, colons and dots, not within a word."""
    return Markup("<wbr>").join(part for part in re.split(r"(?<=[/:.@])(?=[^/])", address) if part)


def show_clock(at: float) -> str:
    """Date and time in the server's zone; pages replace it by the reader's."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def show_iso(at: float) -> str:
    """For the `datetime` attribute."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def show_size(octets: int) -> str:
    """`813 kB`, `2.4 MB`."""
    if octets < 1_000_000:
        return f"{max(1, round(octets / 1000))} kB"
    return f"{octets / 1_000_000:.1f} MB" if octets < 10_000_000 else f"{round(octets / 1_000_000)} MB"


def show_number(number: int) -> str:
    """With a thin space between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def show_count(number: int, word: str) -> str:
    """`1 page`, `12 pages`."""
    return f"{show_number(number)} {word}{'' if number == 1 else 's'}"


def show_format(media_type: str) -> str:
    """What people call a document format."""
    return _FORMATS.get(media_type, media_type)


PAPERS = {
    "iso_a3_297x420mm": "A3",
    "iso_a4_210x297mm": "A4",
    "iso_a5_148x210mm": "A5",
    "jis_b4_257x364mm": "B4",
    "jis_b5_182x257mm": "B5",
    "na_letter_8.5x11in": "Letter",
    "na_legal_8.5x14in": "Legal",
    "na_ledger_11x17in": "Tabloid",
}


def show_paper(media: str) -> str:
    """What people call a paper size; an uncommon one keeps its IPP name."""
    return PAPERS.get(media, media)


_TYPES = {"black_1": "black and white", "sgray_8": "greys", "srgb_8": "colour"}
_SIDES = {"one-sided": "one-sided", "two-sided-long-edge": "two-sided", "two-sided-short-edge": "two-sided, short edge"}


def show_rendition(key: str) -> str:
    """What was sent, by the key of its class: `PWG raster, greys, 300 dpi, A4, 4-up` or `as it came (PDF)`."""
    media_type, *parts = key.split(";")
    if parts == ["as-is"]:
        return f"as it came ({show_format(media_type)})"
    kind, dpi, media, _size, sides, _back, *more = [*parts, "", "", "", "", "", ""]
    across, _, down = dpi.partition("x")
    shown = [show_format(media_type), _TYPES.get(kind, kind)]
    shown += [
        f"{across if across == down else dpi} dpi" if dpi else "",
        show_paper(media),
        _SIDES.get(sides, sides),
        *more,
    ]
    return ", ".join(part for part in shown if part)


ORIENTATIONS = {
    Orientation.PORTRAIT: "Upright",
    Orientation.LANDSCAPE: "Across",
    Orientation.REVERSE_PORTRAIT: "Upside down",
    Orientation.REVERSE_LANDSCAPE: "Across, the other way",
}
SCALINGS = {
    Scaling.AUTO: "Smaller if need be",
    Scaling.FIT: "Fit to the paper",
    Scaling.FILL: "Fill the paper, cut edges",
    Scaling.NONE: "As it is, cut edges",
}


def show_layout(options: PrintOptions) -> str:
    """Which pages, and how they lie on a side: `, pages 1-3,7, 4 to a side`; empty when nothing was asked."""
    words = [f"pages {format_page_ranges(options.page_ranges)}"] if options.page_ranges else []
    words += [f"{options.number_up} to a side"] if options.number_up > 1 else []
    words += [ORIENTATIONS[options.orientation].lower()] if options.orientation else []
    words += [SCALINGS[options.scaling].lower()] if options.scaling not in (Scaling.AUTO, Scaling.AUTO_FIT) else []
    return "".join(f", {word}" for word in words)


def show_duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


FILTERS = {
    "lang": lang_attribute,
    "breakable": break_address,
    "clock": show_clock,
    "iso": show_iso,
    "size": show_size,
    "number": show_number,
    "count_of": show_count,
    "format_name": show_format,
    "duration": show_duration,
    "paper": show_paper,
    "layout": show_layout,
    "rendition": show_rendition,
}
