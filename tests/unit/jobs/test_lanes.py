"""How a destination stands after an attempt (N4)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from distserver.jobs.lanes import BounceRules, describe_turn, judge
from distserver.model.lanes import Lane, LaneNews
from distserver.model.states import OutcomeKind

RULES = BounceRules(limit=1.0, probe=60.0)
NEWS = st.builds(
    LaneNews,
    st.none() | st.sampled_from(OutcomeKind),
    st.text(),
    st.text(),
    st.floats(0, 1800),
    st.booleans(),
)
LANES = st.builds(
    Lane,
    st.just("u"),
    st.integers(0, 99),
    st.none() | st.floats(0, 1e6),
    st.floats(0, 9),
    st.none() | st.floats(0, 1e6),
)


def bad(*, ended: bool = False, pause: float = 10.0) -> LaneNews:
    return LaneNews(OutcomeKind.UNREACHABLE, "off", "no route", pause, ended)


@given(LANES, st.sampled_from((LaneNews(),)))
def test_success_wipes_everything(lane: Lane, news: LaneNews) -> None:
    assert judge(lane, news, 5.0, RULES) == Lane("u")
    assert judge(lane, news, 5.0, RULES).well


@given(LANES, NEWS.filter(lambda news: news.kind is not None), st.floats(0, 1e6))
def test_each_failure_counts_and_a_suspension_does_not_end_by_one(lane: Lane, news: LaneNews, now: float) -> None:
    after = judge(lane, news, now, RULES)
    assert after.strikes == lane.strikes + 1
    assert after.score > lane.score
    assert not (lane.suspended is not None and after.suspended is None)
    if after.suspended is not None:
        assert after.closed_until == now + RULES.probe


def test_ten_failed_tries_weigh_as_one_failed_delivery() -> None:
    lane = Lane("u")
    for _ in range(9):
        lane = judge(lane, bad(), 7.0, RULES)
    assert lane.suspended is None
    assert judge(lane, bad(), 8.0, RULES).suspended == 8.0
    assert judge(Lane("u"), bad(ended=True), 9.0, RULES).suspended == 9.0


def test_a_limit_of_zero_suspends_nobody() -> None:
    lane = Lane("u")
    for _ in range(1000):
        lane = judge(lane, bad(ended=True), 7.0, BounceRules(limit=0.0))
    assert (lane.suspended, lane.closed_until) == (None, 17.0)


def test_the_trouble_keeps_its_beginning_and_shows_its_last_words() -> None:
    lane = judge(
        judge(Lane("u"), bad(), 7.0, BounceRules()), LaneNews(OutcomeKind.BUSY, "busy", "b"), 9.0, BounceRules()
    )
    assert (lane.since, lane.trouble, lane.message, lane.closed_until) == (7.0, "busy", "b", 17.0)


def test_people_are_told_of_the_turns_only() -> None:
    well, ill = Lane("u"), Lane("u", strikes=3, suspended=5.0, trouble="off", message="no route")
    (fell,) = describe_turn(well, ill, "Branch", 5.0)
    (rose,) = describe_turn(ill, well, "Branch", 9.0)
    assert (fell["kind"], fell["message"], fell["name"]) == ("destination-suspended", "off: no route", "Branch")
    assert (rose["kind"], rose["message"], rose["at"]) == ("destination-returned", "off: no route", 9.0)
    assert describe_turn(well, well, "Branch", 5.0) == describe_turn(ill, ill, "Branch", 5.0) == []
