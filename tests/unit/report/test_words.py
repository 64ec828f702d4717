"""Every state and every reason is said in words, and says what to do when something is to be done (SPEC N4, N6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from distserver.model.states import DeliveryState, Evidence, JobState, Reason
from distserver.report import phrases_en, words
from tests.support.views import WAITING, make_job


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason: Reason) -> None:
    phrase = words.describe_reason(reason)
    assert phrase is phrases_en.REASONS[reason]
    assert phrase.says
    assert not phrase.says.endswith(".")
    assert reason.value not in phrase.says.lower()


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_delivery_state_has_a_name_and_words(state: DeliveryState) -> None:
    assert words.name_state(state)
    assert words.describe_state(state).says


@pytest.mark.parametrize("state", list(JobState))
def test_every_job_state_has_a_name(state: JobState) -> None:
    assert words.name_job(make_job(state))


@pytest.mark.parametrize("keyword", ["media-empty", "media-empty-error", "media-empty-warning", "media-empty-report"])
def test_severity_does_not_change_what_a_device_says(keyword: str) -> None:
    assert words.describe_reason(keyword).says == "Out of paper"


def test_unknown_keyword_is_given_in_plain_words() -> None:
    assert words.describe_reason("com-example-tray-3-odd-error").says == "The device says: com example tray 3 odd"


def test_unknown_language_falls_back_to_english() -> None:
    assert words.describe_reason(Reason.PRINTING, "tlh").says == "Printing"


def test_device_in_several_troubles_names_the_gravest_first() -> None:
    said = words.describe_device(["toner-low-warning", "none", "media-low", "media-empty-error"])
    assert [phrase.says for phrase in said] == ["Out of paper", "Toner is running low", "Paper is running low"]


def test_out_of_paper_is_told_while_the_job_is_at_the_device() -> None:
    delivery = replace(
        WAITING, state=DeliveryState.PROCESSING, reason=Reason.PRINTING, device_reasons=("media-empty-error",)
    )
    assert words.describe_delivery(delivery).says == "Out of paper"
    assert "Load paper" in words.describe_delivery(delivery).todo


def test_a_warning_of_the_device_does_not_hide_that_it_prints() -> None:
    delivery = replace(
        WAITING, state=DeliveryState.PROCESSING, reason=Reason.PRINTING, device_reasons=("toner-low-warning",)
    )
    assert words.describe_delivery(delivery).says == "Printing"


def test_completed_on_acceptance_alone_does_not_claim_that_pages_are_out() -> None:
    delivery = replace(WAITING, state=DeliveryState.COMPLETED, evidence=Evidence.ACCEPTED, reason=Reason.COMPLETED)
    assert words.describe_delivery(delivery).says == "Taken by the destination"


def test_waiting_delivery_without_reason_is_described_by_its_state() -> None:
    assert words.describe_delivery(WAITING).sentence == "Waiting for its turn. It goes on by itself."


def test_asked_to_cancel_is_told_until_the_device_has_answered() -> None:
    delivery = replace(WAITING, state=DeliveryState.PROCESSING, cancel_requested=True)
    assert words.describe_delivery(delivery).says == "Being canceled"


def test_partial_success_has_a_name_of_its_own() -> None:
    assert words.name_job(make_job(JobState.COMPLETED, "completed-with-errors")) == "Partly failed"
    assert "retry" in words.describe_job(make_job(JobState.COMPLETED, "completed-with-errors")).todo


@pytest.mark.parametrize("reason", ["job-queued", "job-transforming-or-printing", "processing-to-stop-point"])
def test_reasons_of_jobs_are_said(reason: str) -> None:
    assert "The device says" not in words.describe_job(make_job(JobState.PROCESSING, reason)).says
