"""What people fill in on the board, read without any server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from distserver.errors import BadRequest
from distserver.model.documents import ColorMode, Orientation, PrintOptions, Scaling, Sides
from distserver.model.states import Priority
from distserver.web.jobs.forms import Choice, Show, read_choice, read_numbers
from distserver.web.send.forms import read_send_form


def test_empty_form_leaves_everything_to_the_destination() -> None:
    form = read_send_form({})
    assert form.options == PrintOptions()
    assert form.priority is Priority.NORMAL
    assert form.deadline is None


def test_all_fields_are_read() -> None:
    """D4."""
    form = read_send_form(
        {
            "title": ["  価格表\t改訂 "],
            "group": ["a.rec", "b.rec", "a.rec"],
            "destination": ["ipp://x/ipp/print"],
            "more": ["Tokyo\r\n\r\n大阪営業所\n"],
            "copies": ["3"],
            "sides": ["two-sided-long-edge"],
            "media": ["iso_a3_297x420mm"],
            "color": ["monochrome"],
            "page_ranges": ["１-3, 7"],
            "number_up": ["4"],
            "orientation": ["landscape"],
            "scaling": ["fit"],
            "priority": ["urgent"],
            "zone": ["Asia/Tokyo"],
            "not_before": ["2026-11-21T09:00"],
            "deadline": ["2026-11-21T18:30"],
            "keep": ["1"],
            "hold": ["1"],
            "stored": ["mark", ""],
        }
    )
    assert form.title == "価格表 改訂"
    assert form.groups == ("a.rec", "b.rec")
    assert form.destinations == ("ipp://x/ipp/print", "Tokyo", "大阪営業所")
    assert (form.options.copies, form.options.sides, form.options.color) == (3, Sides.LONG_EDGE, ColorMode.MONOCHROME)
    assert (form.options.page_ranges, form.options.number_up) == (((1, 3), (7, 7)), 4)
    assert (form.options.orientation, form.options.scaling) == (Orientation.LANDSCAPE, Scaling.FIT)
    assert form.not_before == 1795219200.0
    assert form.deadline == 1795253400.0
    assert (form.priority, form.keep, form.hold, form.stored) == (Priority.URGENT, True, True, ("mark",))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("copies", "0"),
        ("copies", "many"),
        ("copies", "1000"),
        ("sides", "three-sided"),
        ("media", "../../etc/passwd"),
        ("color", "mauve"),
        ("page_ranges", "3-1"),
        ("number_up", "3"),
        ("number_up", "two"),
        ("orientation", "sideways"),
        ("scaling", "huge"),
        ("priority", "now"),
        ("not_before", "tomorrow"),
    ],
)
def test_wrong_value_is_named(field: str, value: str) -> None:
    with pytest.raises(BadRequest, match=r"\S"):
        read_send_form({field: [value]})


def test_unknown_zone_means_the_servers_own() -> None:
    form = read_send_form({"zone": ["../../etc/localtime"], "not_before": ["2026-11-21T09:00"]})
    assert form.not_before is not None


@given(st.dictionaries(st.sampled_from(["show", "q", "page"]), st.text(max_size=30)))
def test_any_query_gives_a_choice(query: dict[str, str]) -> None:
    choice = read_choice(MultiDict(query))
    assert choice.page >= 1
    assert choice.show in Show


def test_choice_of_everything_leaves_nothing_out() -> None:
    assert Choice().everything
    assert not Choice(search="x").everything


def test_numbers() -> None:
    assert read_numbers(MultiDict()) is None
    assert read_numbers(MultiDict([("number", "3"), ("number", "12")])) == [3, 12]
    with pytest.raises(BadRequest):
        read_numbers(MultiDict([("number", "all")]))
