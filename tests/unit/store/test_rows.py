"""What stands in rows as JSON, also as earlier versions wrote it."""

from __future__ import annotations

from distserver.model.documents import ColorMode, Orientation, PrintOptions, Scaling, Sides
from distserver.store.rows import options_from_json, options_to_json


def test_options_come_back_as_they_were_stored() -> None:
    for options in (
        PrintOptions(),
        PrintOptions(2, Sides.LONG_EDGE, "iso_a4_210x297mm", ColorMode.COLOR),
        PrintOptions(2, None, None, ColorMode.AUTO, ((1, 3), (7, 7)), 4, Orientation.LANDSCAPE, Scaling.FIT),
    ):
        assert options_from_json(options_to_json(options)) == options


def test_options_of_earlier_versions_are_read() -> None:
    """Before pages and layout could be chosen, jobs were stored with four options."""
    text = '{"copies": 3, "sides": "one-sided", "media": null, "color": "auto"}'
    assert options_from_json(text) == PrintOptions(3, Sides.ONE_SIDED)
