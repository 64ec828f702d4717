"""When a device that was in trouble is worth a document again (SPEC D11, N4)."""

from __future__ import annotations

import pytest

from distserver.model.capabilities import Capabilities
from distserver.plan.hindrance import hinders


@pytest.mark.parametrize(
    "reasons",
    [
        (),
        ("media-empty-error",),
        ("toner-empty",),
        ("media-jam-error", "door-open"),
        ("paused",),
        ("moving-to-paused",),
        ("hibernate",),
        ("output-area-full-warning",),
        ("vendor-word",),
    ],
)
@pytest.mark.parametrize("state", ["idle", "processing", "stopped"])
def test_what_a_person_mends_is_no_hindrance(reasons: tuple[str, ...], state: str) -> None:
    assert hinders(Capabilities(state=state, state_reasons=reasons)) is None


@pytest.mark.parametrize("word", ["shutdown", "deactivated-error", "spool-area-full", "spool-area-full-warning"])
@pytest.mark.parametrize("state", ["idle", "processing", "stopped"])
def test_a_device_that_goes_or_is_full(word: str, state: str) -> None:
    assert hinders(Capabilities(state=state, state_reasons=("media-low-report", word))) == word


@pytest.mark.parametrize("word", ["offline-report", "connecting-to-device", "timed-out-error"])
def test_a_device_that_cannot_be_reached_hinders_only_while_it_stands(word: str) -> None:
    """CUPS leaves `offline-report` standing after a printer is back, until the next job goes through."""
    assert hinders(Capabilities(state="stopped", state_reasons=(word,))) == word
    assert hinders(Capabilities(state="idle", state_reasons=(word,))) is None


def test_a_report_of_a_full_spool_is_only_told_by_the_way() -> None:
    assert hinders(Capabilities(state_reasons=("spool-area-full-report",))) is None


def test_a_device_that_takes_no_jobs() -> None:
    assert hinders(Capabilities(accepting=False)) == "server-error-not-accepting-jobs"
