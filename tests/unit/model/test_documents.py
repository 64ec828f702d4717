"""What is asked of a copy: the sender's wishes, and the destination's word before them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from distserver.model.documents import (
    ColorMode,
    Document,
    Layout,
    Orientation,
    PrintOptions,
    Quality,
    RenditionClass,
    Scaling,
    Sides,
)


def test_a_line_without_options_changes_nothing() -> None:
    asked = PrintOptions(3, Sides.LONG_EDGE, "iso_a4_210x297mm", ColorMode.COLOR)
    assert asked.at(()) == asked


def test_each_option_of_the_line_wins() -> None:
    """D1: a destination's options hold for every document that goes there."""
    line = (("copies", "2"), ("sides", "One-Sided"), ("media", "letter"), ("color", "monochrome"), ("user", "scan"))
    assert PrintOptions(3, Sides.LONG_EDGE).at(line) == PrintOptions(2, Sides.ONE_SIDED, "letter", ColorMode.MONOCHROME)


@pytest.mark.parametrize("value", ["0", "-1", "two", "", "٣"])
def test_copies_that_make_no_sense_are_passed_over(value: str) -> None:
    assert PrintOptions(copies=3).at((("copies", value), ("sides", "both"), ("color", "purple"))) == PrintOptions(
        copies=3
    )


def test_sides_are_counted_before_copies() -> None:
    """N2: five pages of two documents, two to a side, none shared."""
    options = PrintOptions(copies=3, page_ranges=((2, 4), (6, 6)), number_up=2)
    assert options.count_sides([_document(3), _document(4)]) == 1 + 1
    assert PrintOptions(number_up=2).count_sides([_document(3), _document(4)]) == 4
    assert PrintOptions().count_sides([_document(3), _document(4)]) == 7


def test_a_class_without_layout_keeps_the_key_it_always_had() -> None:
    """Renditions of an earlier version stay good."""
    klass = RenditionClass("image/urf", False, "srgb_8", (300, 300), "m", (1, 2))
    assert klass.key == "image/urf;srgb_8;300x300;m;1x2;one-sided;normal"


def test_whatever_changes_bytes_is_in_the_key() -> None:
    plain = RenditionClass("application/pdf")
    others = [
        replace(plain, layout=Layout(number_up=4)),
        replace(plain, layout=Layout(orientation=Orientation.LANDSCAPE)),
        replace(plain, layout=Layout(orientation=Orientation.REVERSE_LANDSCAPE)),
        replace(plain, layout=Layout(scaling=Scaling.FIT)),
        replace(plain, layout=Layout(4, Orientation.LANDSCAPE, Scaling.FIT)),
        replace(plain, page_ranges=((1, 3),)),
        replace(plain, page_ranges=((1, 3), (5, 5))),
        replace(plain, page_ranges=((1, 3),), copies=2),
    ]
    assert len({klass.key for klass in (plain, *others)}) == len(others) + 1


def test_orientations_have_words() -> None:
    assert [(int(one), one.word) for one in Orientation] == [
        (3, "portrait"),
        (4, "landscape"),
        (5, "reverse-landscape"),
        (6, "reverse-portrait"),
    ]
    assert all(Orientation.of_word(one.word) is one for one in Orientation)
    with pytest.raises(ValueError, match="sideways"):
        Orientation.of_word("sideways")


def test_a_line_may_say_how_pages_lie() -> None:
    line = [
        ("pages", "2-3"),
        ("number-up", "4"),
        ("orientation", "landscape"),
        ("scaling", "fill"),
        ("quality", "high"),
    ]
    wanted = PrintOptions(
        page_ranges=((2, 3),),
        number_up=4,
        orientation=Orientation.LANDSCAPE,
        scaling=Scaling.FILL,
        quality=Quality.HIGH,
    )
    assert PrintOptions().at(line) == wanted
    assert wanted.at([(key, "?") for key, _ in line]) == wanted


def _document(pages: int) -> Document:
    return Document("d" * 64, 1, "application/pdf", "d", pages)
