"""The words of the wire are those of the model: one state has one name everywhere."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, get_args

import pytest

from distserver.model import accounts as model_accounts
from distserver.model import documents, states
from distwire.api import accounts, jobs


@pytest.mark.parametrize(
    ("wire", "enum"),
    [
        (jobs.JobState, states.JobState),
        (jobs.DeliveryState, states.DeliveryState),
        (jobs.Evidence, states.Evidence),
        (jobs.Priority, states.Priority),
        (jobs.Resend, states.Resend),
        (jobs.Sides, documents.Sides),
        (jobs.Color, documents.ColorMode),
        (accounts.Role, model_accounts.Role),
    ],
)
def test_words_are_the_same(wire: Any, enum: type[StrEnum]) -> None:
    assert set(get_args(wire)) == {member.value for member in enum}
