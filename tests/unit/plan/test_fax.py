"""A fax goes out as the far side can take it, in few classes (RFC 3949, T.30)."""

from __future__ import annotations

import pytest

from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF, TIFF, TIFF_F, Document, PrintOptions, Quality, RenditionClass
from distserver.plan.classify import choose_class

PAGES = Document("a" * 64, 1000, PDF, "circular.pdf", 3)
ANY = Capabilities(formats=(TIFF_F,))
OLD = Capabilities(formats=(TIFF_F,), resolutions=((204, 98),), codings=("mh",))
FINE_MR = Capabilities(formats=(TIFF_F,), resolutions=((204, 98), (204, 196)), codings=("mh", "mr"))


def choose(able: Capabilities, options: PrintOptions | None = None, **line: str) -> RenditionClass:
    return choose_class(able, [PAGES], options or PrintOptions(), tuple(line.items()))


def test_of_a_number_nobody_knows() -> None:
    klass = choose(ANY)
    assert (klass.format, klass.type, klass.dpi, klass.coding) == (TIFF_F, "black_1", (204, 196), "mmr")
    assert (klass.media, klass.media_size, klass.header) == ("iso_a4_210x297mm", (21000, 29700), None)


@pytest.mark.parametrize(
    ("able", "asked", "dpi"),
    [
        (ANY, "standard", (204, 98)),
        (ANY, "superfine", (204, 391)),
        (ANY, "400", (408, 391)),
        (ANY, "nonsense", (204, 196)),
        (OLD, "fine", (204, 98)),
        (FINE_MR, "400", (204, 196)),
        (FINE_MR, "superfine", (204, 196)),
    ],
)
def test_as_fine_as_asked_if_the_far_side_can(able: Capabilities, asked: str, dpi: tuple[int, int]) -> None:
    assert choose(able, resolution=asked).dpi == dpi


def test_coding() -> None:
    assert choose(OLD, coding="mmr").coding == "mh"
    assert choose(FINE_MR).coding == "mr"
    assert choose(ANY, coding="mh").coding == "mh"


def test_paper() -> None:
    assert choose(ANY, width="B4").media == "jis_b4_257x364mm"
    assert choose(ANY, PrintOptions(media="iso_a3_297x420mm")).media_size == (29700, 42000)
    only_a4 = Capabilities(formats=(TIFF_F,), media=("iso_a4_210x297mm",))
    assert choose(only_a4, width="A3").media == "iso_a4_210x297mm"


def test_quality_is_resolution_and_the_line_wins() -> None:
    assert choose(ANY, PrintOptions(quality=Quality.DRAFT)).dpi == (204, 98)
    assert choose(ANY, PrintOptions(quality=Quality.HIGH)).dpi == (204, 391)
    assert choose(ANY, PrintOptions(quality=Quality.HIGH), resolution="standard").dpi == (204, 98)


def test_a_tiff_of_others_is_made_anew() -> None:
    scan = Document("b" * 64, 1000, TIFF, "scan.tif", 1)
    assert not choose_class(ANY, [scan], PrintOptions()).passthrough


def test_keys_tell_what_differs_and_nothing_else() -> None:
    assert choose(ANY).key == choose(ANY, PrintOptions(quality=Quality.NORMAL)).key
    keys = {
        choose(ANY, **line).key for line in ({}, {"coding": "mh"}, {"header": "A"}, {"header": "B"}, {"cover": "A"})
    }
    assert len(keys) == 5
    assert "mmr" not in RenditionClass(PDF).key
