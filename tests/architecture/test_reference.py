"""The reference pages say what the code does: commands, settings, API, states, and the manual page."""

from __future__ import annotations

import dataclasses
import re

import pytest

from deploy.reference import MARK, make_all
from distserver.jobs.lifecycle import TRANSITIONS, Event, derive_job_state
from distserver.model.jobs import Counts
from distserver.settings import Settings
from tests.support.sources import ROOT

_STATES = (ROOT / "docs/explanation/states.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", make_all())
def test_page_is_current(name: str) -> None:
    """When this fails: python -m deploy.reference"""
    assert (ROOT / name).read_text(encoding="utf-8") == make_all()[name]


def test_every_setting_has_a_paragraph() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8").partition(MARK)[2]
    for item in dataclasses.fields(Settings):
        assert len(item.metadata["text"]) > 10
        assert f"`{item.name}`" in page


def test_the_table_of_transitions_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| ([A-K]) \| ([a-z-]+) \| ([a-z-]+) \| ([a-z-]+) \|", _STATES, re.M)
    assert {(before, event): after for _, event, before, after in rows} == {
        (str(before), str(event)): str(after) for (before, event), after in TRANSITIONS.items()
    }
    assert dict(zip("ABCDEFGHIJK", Event, strict=True)) == {letter: Event(event) for letter, event, _, _ in rows}


def test_every_letter_and_state_stands_in_the_diagram() -> None:
    diagram = "\n".join(line for line in _STATES.splitlines() if line.startswith("      "))
    for letter in "ABCDEFGHIJK":
        assert re.search(rf"\b{letter}\b", diagram), letter
    for state in {str(after) for after in TRANSITIONS.values()}:
        assert state in diagram


@pytest.mark.parametrize(
    ("counts", "held", "canceled"),
    [
        (Counts(pending=2), False, False),
        (Counts(pending=2), True, False),
        (Counts(pending=1, processing=1), False, False),
        (Counts(processing=1), False, True),
        (Counts(completed=2), False, False),
        (Counts(completed=1, aborted=1), False, False),
        (Counts(canceled=2), False, False),
        (Counts(canceled=1, aborted=1), False, False),
    ],
)
def test_the_states_of_a_job_are_those_of_the_code(counts: Counts, held: bool, canceled: bool) -> None:
    state, reasons = derive_job_state(counts, held=held, canceled=canceled)
    assert f"| `{state}` | `{reasons[0]}` |" in _STATES
