"""What the board makes of states, counts, times and names, without any server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.model.documents import Orientation, PrintOptions, Scaling
from distserver.model.jobs import Counts
from distserver.model.pages import LAST_PAGE
from distserver.model.states import DeliveryState, JobState
from distserver.web import formats, looks
from tests.support.views import WAITING, make_job

numbers = st.integers(0, 10_000)


@given(st.tuples(numbers, numbers, numbers, numbers, numbers, numbers))
def test_bar_is_filled_exactly_and_every_share_can_be_seen(parts: tuple[int, ...]) -> None:
    counts = Counts(*parts)
    segments = looks.split_counts(counts)
    assert sum(segment.count for segment in segments) == counts.total
    place = 0
    for segment in segments:
        assert segment.start == place
        assert segment.width >= 4
        place += segment.width
    assert place == (looks.BAR_WIDTH if counts.total else 0)


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_delivery_state_has_a_tone_and_a_word(state: DeliveryState) -> None:
    """Colour is never alone: N6."""
    look = looks.look_of_delivery(replace(WAITING, state=state))
    assert look.tone
    assert look.word


@pytest.mark.parametrize("state", list(JobState))
def test_every_job_state_has_a_tone_and_a_word(state: JobState) -> None:
    assert looks.look_of_job(make_job(state)).word


def test_out_of_paper_looks_like_what_wants_attention() -> None:
    look = looks.look_of_delivery(
        replace(WAITING, state=DeliveryState.PROCESSING, device_reasons=("media-empty-error",))
    )
    assert look.tone == "attention"


def test_partial_success_does_not_look_like_success() -> None:
    assert looks.look_of_job(make_job(JobState.COMPLETED, "completed-with-errors")).tone == "attention"


@pytest.mark.parametrize("text", ["札幌支店", "ｶﾅ", "Sales ツアー"])
def test_japanese_names_are_marked_as_japanese(text: str) -> None:
    assert formats.lang_attribute(text) == ' lang="ja"'


@pytest.mark.parametrize("text", ["Sales", "Zürich", "Ελλάδα", ""])
def test_other_names_are_not(text: str) -> None:
    assert formats.lang_attribute(text) == ""


@pytest.mark.parametrize(
    ("octets", "shown"), [(0, "1 kB"), (813_400, "813 kB"), (2_400_000, "2.4 MB"), (31_000_000, "31 MB")]
)
def test_sizes(octets: int, shown: str) -> None:
    assert formats.show_size(octets) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.2, "0 s"), (61, "1 min 1 s"), (7500, "2 h 5 min")])
def test_durations(seconds: float, shown: str) -> None:
    assert formats.show_duration(seconds) == shown


def test_device_that_stopped_is_a_share_of_its_own_and_nothing_open_looks_done() -> None:
    segments = looks.split_counts(Counts(processing=3, retry=1), stuck=2)
    assert [(one.tone, one.count, one.ended) for one in segments] == [
        ("attention", 2, False),
        ("active", 1, False),
        ("retry", 1, False),
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (
            "image/pwg-raster;black_1;300x300;iso_a4_210x297mm;21000x29700;one-sided;normal",
            "PWG raster, black and white, 300 dpi, A4, one-sided",
        ),
        ("application/pdf;as-is", "as it came (PDF)"),
        ("application/pdf;;;;;two-sided-long-edge;normal", "PDF, two-sided"),
        (
            "application/pdf;;;iso_a4_210x297mm;21000x29700;one-sided;normal;4-up landscape;pages 1-3,7",
            "PDF, A4, one-sided, 4-up landscape, pages 1-3,7",
        ),
        ("image/urf;srgb_8;600x300;odd;1x1;one-sided;normal", "URF, colour, 600x300 dpi, odd, one-sided"),
    ],
)
def test_what_was_sent_is_said_in_words(key: str, shown: str) -> None:
    assert formats.show_rendition(key) == shown


def test_address_is_broken_between_its_parts_only() -> None:
    shown = formats.break_address("ipp://a-b.example.org:631/ipp/print?x=<y>")
    assert "example.<wbr>org:<wbr>631/<wbr>ipp/" in shown
    assert "&lt;y&gt;" in shown


def test_what_was_asked_of_pages_is_said_in_words() -> None:
    assert formats.show_layout(PrintOptions()) == ""
    assert formats.show_layout(PrintOptions(scaling=Scaling.AUTO_FIT)) == ""
    asked = PrintOptions(
        page_ranges=((1, 3), (7, LAST_PAGE)), number_up=4, orientation=Orientation.LANDSCAPE, scaling=Scaling.FILL
    )
    assert formats.show_layout(asked) == ", pages 1-3,7-, 4 to a side, across, fill the paper, cut edges"
