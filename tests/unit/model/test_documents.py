"""What is asked of a copy: the sender's wishes, and the destination's word before them."""

from __future__ import annotations

import pytest

from distserver.model.documents import ColorMode, PrintOptions, Sides


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
