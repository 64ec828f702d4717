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


def test_a_fax_that_finds_no_server_leads_there_and_not_to_the_far_machine() -> None:
    assert "the server over which a fax or a mail goes out" in words.describe_reason(Reason.UNREACHABLE).todo


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
    done = words.describe_job(make_job(JobState.COMPLETED, "job-completed-successfully"))
    assert done.sentence == "Every destination has it."  # a mailbox and a PC print nothing


@pytest.mark.parametrize("reason", ["job-queued", "job-transforming-or-printing", "processing-to-stop-point"])
def test_reasons_of_jobs_are_said(reason: str) -> None:
    assert "The device says" not in words.describe_job(make_job(JobState.PROCESSING, reason)).says


ENDED = replace(WAITING, state=DeliveryState.ABORTED, ended=2000.0)


@pytest.mark.parametrize("reason", [*Reason, *phrases_en.JOB_REASONS, *phrases_en.DEVICE])
@pytest.mark.parametrize("state", [state for state in DeliveryState if state.ended])
def test_what_has_ended_is_never_said_to_be_tried_again_by_itself(state: DeliveryState, reason: str) -> None:
    said = words.describe_delivery(replace(ENDED, state=state, reason=str(reason))).sentence
    assert "by itself" not in said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (DeliveryState.PENDING_RETRY, "DNS of this server. It is tried again by itself."),
        (DeliveryState.ABORTED, "DNS of this server, then retry."),
    ],
)
def test_host_that_nobody_knows_is_named_with_what_to_check(state: DeliveryState, said: str) -> None:
    row = replace(WAITING, state=state, reason=Reason.UNKNOWN_HOST, address="ipp://prniter.example.org/ipp/print")
    phrase = words.describe_delivery(row)
    assert phrase.says == "No host is called prniter.example.org"
    assert phrase.todo.startswith("Check its address in the group file")
    assert phrase.todo.endswith(said)
    assert words.is_technical(row.reason)


def test_given_up_at_the_deadline_says_so_and_what_to_check() -> None:
    job = replace(make_job(JobState.ABORTED), deadline=1_000_000.0)
    given_up = replace(ENDED, reason=Reason.UNREACHABLE, ended=1_000_000.0)
    phrase = words.describe_delivery(given_up, job=job)
    assert phrase.says.startswith("The device did not answer until the deadline, 1970-01-1")
    assert phrase.todo.endswith("its address is right, then retry.")


def test_given_up_at_the_deadline_is_known_by_the_message_too() -> None:
    told = replace(ENDED, reason=Reason.UNREACHABLE, message="p:631 refused the connection; given up at the deadline")
    assert words.describe_delivery(told).says == "The device did not answer until the deadline"


def test_what_failed_before_the_deadline_does_not_name_it() -> None:
    job = replace(make_job(JobState.ABORTED), deadline=3000.0)
    assert (
        words.describe_delivery(replace(ENDED, reason=Reason.UNREACHABLE), job=job).says == "The device did not answer"
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_nobody_is_told_to_retry_without_the_document(reason: Reason) -> None:
    """D4: an erased document can only be sent again as a new job."""
    job = replace(make_job(JobState.ABORTED), document_erased=True)
    for state in (DeliveryState.ABORTED, DeliveryState.CANCELED):
        assert "retry" not in words.describe_delivery(replace(ENDED, state=state, reason=reason), job=job).todo.lower()


def test_canceled_says_what_is_true_whether_or_not_the_document_is_stored() -> None:
    todo = words.describe_reason(Reason.CANCELED_BY_USER).todo
    assert "while its document is stored" in todo
    assert "new job" in todo


def test_failed_job_does_not_blame_a_device_that_was_never_reached() -> None:
    job = make_job(JobState.ABORTED, "aborted-by-system")
    assert words.describe_job(job).says == "Nothing could be delivered"
    silent = replace(ENDED, reason=Reason.UNREACHABLE)
    refused = replace(ENDED, reason=Reason.REFUSED)
    said = words.describe_job(job, failures=[silent, refused, silent]).sentence
    assert said.startswith("Nothing could be delivered. The device did not answer.")


def test_failed_job_that_may_have_printed_does_not_claim_that_it_did_not() -> None:
    job = make_job(JobState.ABORTED, "aborted-by-system")
    said = words.describe_job(job, failures=[replace(ENDED, reason=Reason.UNCERTAIN)]).says
    assert said == "Nothing is known to be delivered"


def test_waiting_row_of_a_held_job_is_held() -> None:
    job = replace(make_job(JobState.PENDING_HELD), held=True)
    assert words.describe_delivery(WAITING, job=job).says == "Held"


def test_our_own_words_are_told_from_those_of_the_device() -> None:
    assert words.is_technical(Reason.UNREACHABLE)
    assert not words.is_technical(Reason.REFUSED)


def test_device_that_is_done_and_counted_no_page_does_not_count() -> None:
    done = replace(WAITING, state=DeliveryState.COMPLETED, pages=0)
    assert words.count_pages(done) is None
    assert words.count_pages(replace(done, pages=3)) == 3
    assert words.count_pages(replace(WAITING, state=DeliveryState.PROCESSING, pages=0)) == 0
