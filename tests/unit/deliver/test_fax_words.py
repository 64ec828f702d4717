"""What the fax channel makes of words: HylaFAX's, its own `remote_id`, and what was learnt of a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.deliver.channels.fax_evidence import describe_call
from distserver.deliver.channels.fax_learnt import FaxLearnt, read_learnt
from distserver.deliver.channels.fax_options import read_way
from distserver.deliver.channels.fax_place import FaxPlace, read_place
from distserver.deliver.channels.fax_words import Ending, clean_status, explain_end
from distserver.deliver.contract import Failed, Target
from distserver.errors import DeliveryError
from distserver.model.address import parse_address
from distserver.model.states import OutcomeKind, Reason
from distwire.hylafax import JobState, JobView

LOG = ["Nov 28 23:59:50.31: [1]: SESSION BEGIN", "USE error correction mode", "Nov 29 00:01:00.02: [1]: SESSION END"]


@pytest.mark.parametrize(
    ("status", "tries", "kind"),
    [
        ("Busy signal detected; too many attempts to dial", 0, OutcomeKind.LINE_BUSY),
        ("No answer from remote", 0, OutcomeKind.NO_ANSWER),
        ("No carrier detected; too many attempts to dial", 0, OutcomeKind.NO_CARRIER),
        ("No local dialtone", 0, OutcomeKind.NO_DIAL_TONE),
        ("Failure to train remote modem at 2400 bps or minimum speed", 1, OutcomeKind.TRAINING_FAILED),
        ("No response to PPS repeated 3 times.; too many attempts to dial", 1, OutcomeKind.LINE_BROKE),
        ("something that no version has said yet", 1, OutcomeKind.LINE_BROKE),
        ("something that no version has said yet", 0, OutcomeKind.NO_CARRIER),
    ],
)
def test_each_end_has_its_kind(status: str, tries: int, kind: OutcomeKind) -> None:
    ending = explain_end(status, tries)
    assert isinstance(ending, Ending)
    assert ending.kind is kind


def test_rejected_job_is_not_tried_again() -> None:
    assert isinstance(explain_end("REJECT: Job requires something", 0), Failed) is False
    assert isinstance(explain_end("Document conversion failed", 0), Failed)


def test_retries_of_hylafax_are_no_matter() -> None:
    said = "No response to PPS repeated 3 times.; too many attempts to dial"
    assert clean_status(said) == "No response to PPS repeated 3 times"


PLACES = st.builds(
    FaxPlace,
    st.none() | st.just("fax.example.org:4559"),
    st.none() | st.integers(1, 32000),
    st.integers(0, 500),
    st.integers(0, 3),
    st.integers(0, 1 << 33),
)


@given(PLACES)
def test_place_comes_back(place: FaxPlace) -> None:
    assert read_place(str(place)) == place


@pytest.mark.parametrize("text", [None, "", "1 urn:uuid:1", "- - done=x stuck=1 made=0"])
def test_other_text_is_the_beginning(text: str | None) -> None:
    assert read_place(text) == FaxPlace()


def test_page_that_fails_again_and_again_is_counted() -> None:
    place = FaxPlace("s:1", 7).after(2, stuck=True)
    assert (place.job, place.done, place.stuck) == (None, 2, 1)
    assert place.after(0, stuck=True).stuck == 2
    assert place.after(1, stuck=True).stuck == 1
    assert place.after(0, stuck=False).stuck == 1


LEARNT = st.builds(
    FaxLearnt,
    st.sampled_from([None, 14400, 9600, 2400]),
    st.booleans(),
    st.sampled_from(["", "+81 3 1234 5678", "BRANCH 7"]),
    st.just(0),
)


@given(LEARNT)
def test_what_was_learnt_comes_back(learnt: FaxLearnt) -> None:
    assert read_learnt(str(learnt)) == learnt


def test_ladder_goes_down_and_is_forgotten() -> None:
    first = FaxLearnt().slower(1000.0)
    assert (first.speed, first.error_correction) == (9600, True)
    second = first.slower(1000.0)
    assert (second.speed, second.error_correction) == (7200, False)
    assert second.current(2000.0) == second
    assert second.current(1000.0 + 31 * 86400) == FaxLearnt()


def make_target(number: str, *options: tuple[str, str]) -> Target:
    return Target(parse_address(f"tel:{number}"), "Branch", options=options, country="JP")


def test_way_of_a_number() -> None:
    way = read_way(make_target("03-1234-5678", ("server", "hylafax://a:14559,hylafax://b"), ("prefix", "0,")))
    assert (way.number, way.dialled) == ("+81312345678", "0,0312345678")
    assert [(one.host, one.port) for one in way.servers] == [("a", 14559), ("b", 4559)]


@pytest.mark.parametrize("server", ["a", "ipp://a", "hylafax://", "hylafax://a:99999", "hylafax://a,"])
def test_server_that_is_none_is_told(server: str) -> None:
    with pytest.raises(DeliveryError, match="is no HylaFAX server"):
        read_way(make_target("03-1234-5678", ("server", server)))


def test_number_that_is_none_is_told() -> None:
    with pytest.raises(DeliveryError) as caught:
        read_way(make_target("+999123"))
    assert caught.value.reason == Reason.NUMBER


def test_evidence_of_a_call_over_midnight() -> None:
    job = JobView(7, JobState.DONE, 5, 5, 1, 1, "+81312345678", "000000012", "ds-1", "")
    facts = {"csi": "+81 3 1234 5678", "signalrate": "14400 bit/s", "dataformat": "2-D MMR"}
    call = describe_call(job, facts, LOG)
    assert call.words == "CSI +81 3 1234 5678, 14400 bit/s, ECM, 2-D MMR, 5 pages in 0:01:10, call 000000012"


def test_evidence_without_records_says_what_the_list_says() -> None:
    job = JobView(7, JobState.FAILED, 0, 5, 0, 1, "+81312345678", "000000012", "ds-1", "Busy signal detected")
    assert describe_call(job, {}, []).words == "Busy signal detected, call 000000012"
