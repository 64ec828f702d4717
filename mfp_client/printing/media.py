"""Paper that the device knows, by its PWG 5101.1 self-describing name; sizes in hundredths of a millimetre."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Media:
    """One kind of sheet, portrait: (width, height) in hundredths of a millimetre, as in IPP's media-size."""

    name: str
    width: int
    height: int

    def pixels(self, dpi: int) -> tuple[int, int]:
        """Width and height in dots, rounded."""
        return round(self.width * dpi / 2540), round(self.height * dpi / 2540)


A4 = Media("iso_a4_210x297mm", 21000, 29700)

ALL_MEDIA = (
    A4,
    Media("iso_a3_297x420mm", 29700, 42000),
    Media("iso_a5_148x210mm", 14800, 21000),
    Media("jis_b4_257x364mm", 25700, 36400),
    Media("jis_b5_182x257mm", 18200, 25700),
    Media("na_letter_8.5x11in", 21590, 27940),
    Media("na_legal_8.5x14in", 21590, 35560),
    Media("na_index-4x6_4x6in", 10160, 15240),
    Media("jpn_hagaki_100x148mm", 10000, 14800),
)

_TOLERANCE = 100


def find_media(name: str) -> Media | None:
    """The media of that name, or None."""
    return next((media for media in ALL_MEDIA if media.name == name), None)


def match_media(width: int, height: int) -> Media | None:
    """The media of that size within a millimetre, or None."""
    return next(
        (m for m in ALL_MEDIA if abs(m.width - width) <= _TOLERANCE and abs(m.height - height) <= _TOLERANCE), None
    )
