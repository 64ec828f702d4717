"""Which events a difference means, and who hears of them (RFC 3995 §5.3.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.intake.ipp.notification.events import OF_PRINTER, OF_SYSTEM, Event, subscribed_by
from distserver.intake.ipp.notification.facts import (
    RESUMED,
    events_of_job,
    events_of_printer,
    facts_of_job,
    facts_of_system,
    keep_progress,
    printers_told,
)
from distserver.intake.ipp.notification.subscriptions import pair_up
from distserver.store.watched import WatchedJob

_OPEN = WatchedJob(7, "print/office", None, "hanako", "open", "", False, "価格表", b"asked", (), 0, False, None)
_SENT = replace(
    _OPEN, job_id="j", status="pending", reasons="job-queued", documents=True, form=("normal", "{}", "None")
)


def _events(before: WatchedJob, after: WatchedJob, *progress: str) -> list[Event]:
    first, second = progress or ("0 0", "0 0")
    return events_of_job(replace(after, told=facts_of_job(before, first)), facts_of_job(after, second), True)


def test_a_new_job_is_created_even_if_it_has_ended_meanwhile() -> None:
    assert events_of_job(_OPEN, facts_of_job(_OPEN, ""), False) == [Event.JOB_CREATED]
    ended = replace(_OPEN, ended=True)
    assert events_of_job(ended, facts_of_job(ended, ""), False) == [Event.JOB_CREATED, Event.JOB_COMPLETED]


@pytest.mark.parametrize(
    ("change", "event"),
    [
        ({"status": "processing"}, Event.JOB_STATE_CHANGED),
        ({"reasons": "job-printing"}, Event.JOB_STATE_CHANGED),
        ({"status": "processing-stopped"}, Event.JOB_STOPPED),
        ({"status": "completed", "ended": True}, Event.JOB_COMPLETED),
        ({"title": "Price list"}, Event.JOB_CONFIG_CHANGED),
        ({"request": b"asked otherwise"}, Event.JOB_CONFIG_CHANGED),
        ({"form": ("urgent", "{}", "None")}, Event.JOB_CONFIG_CHANGED),
    ],
)
def test_a_change_is_told_by_its_narrowest_name(change: dict[str, object], event: Event) -> None:
    assert _events(_SENT, replace(_SENT, **change)) == [event]  # type: ignore[arg-type]
    assert _events(_SENT, _SENT) == []


def test_a_job_that_is_submitted_is_asked_for_as_before() -> None:
    assert _events(_OPEN, replace(_OPEN, documents=True)) == [Event.JOB_STATE_CHANGED]
    assert _events(_OPEN, _SENT) == [Event.JOB_STATE_CHANGED]


def test_progress_is_told_where_it_is_wanted() -> None:
    assert _events(_SENT, _SENT, "1 2", "2 4") == [Event.JOB_PROGRESS]
    told = replace(_SENT, told=facts_of_job(_SENT, "1 2"))
    assert events_of_job(told, facts_of_job(_SENT, "2 4"), False) == []
    assert keep_progress(told.told, facts_of_job(_SENT, "2 4")) == told.told


def test_a_job_that_goes_on_after_its_end_changes_its_state() -> None:
    assert events_of_job(replace(_SENT, told=RESUMED), facts_of_job(_SENT, ""), True) == [Event.JOB_STATE_CHANGED]


@pytest.mark.parametrize(
    ("after", "events"),
    [
        ('["3", "none True", "aa", "a4"]', []),
        ('["4", "none True", "aa", "a4"]', [Event.PRINTER_STATE_CHANGED]),
        ('["3", "media-low-report True", "aa", "a4"]', [Event.PRINTER_STATE_CHANGED]),
        ('["5", "paused True", "aa", "a4"]', [Event.PRINTER_STOPPED]),
        ('["3", "none True", "aa", "a3"]', [Event.PRINTER_MEDIA_CHANGED]),
        ('["3", "none True", "bb", "a3"]', [Event.PRINTER_CONFIG_CHANGED]),
        ('["5", "none True", "bb", "a3"]', [Event.PRINTER_CONFIG_CHANGED, Event.PRINTER_STOPPED]),
    ],
)
def test_a_printer(after: str, events: list[Event]) -> None:
    assert events_of_printer('["3", "none True", "aa", "a4"]', after) == events


@given(st.lists(st.sampled_from(OF_SYSTEM), unique=True), st.sampled_from(OF_SYSTEM))
def test_an_event_is_heard_by_its_own_name_or_the_wider_one(wanted: list[Event], event: Event) -> None:
    heard = subscribed_by(event, wanted)
    assert heard is None or heard in wanted
    if event in wanted:
        assert heard == event


def test_who_wants_all_changes_of_state_hears_of_the_end() -> None:
    assert subscribed_by(Event.JOB_COMPLETED, ["job-state-changed"]) == "job-state-changed"
    assert subscribed_by(Event.JOB_STATE_CHANGED, ["job-completed"]) is None
    assert subscribed_by(Event.PRINTER_STOPPED, ["printer-state-changed"]) == "printer-state-changed"
    assert Event.PRINTER_CREATED not in OF_PRINTER


@given(st.sets(st.text(max_size=5)))
def test_the_list_of_printers_comes_back(printers: set[str]) -> None:
    assert set(printers_told(facts_of_system(printers))) == printers


@given(st.lists(st.integers(-5, 5)), st.lists(st.integers(-5, 5)))
def test_numbers_belong_to_ids_by_their_places(ids: list[int], numbers: list[int]) -> None:
    paired = pair_up(ids, numbers)
    assert [id_ for id_, _ in paired] == list(dict.fromkeys(ids))
    assert all(first >= 1 for _, first in paired)
    for id_, first in paired:
        at = ids.index(id_)
        assert first == (max(1, numbers[at]) if at < len(numbers) else 1)
