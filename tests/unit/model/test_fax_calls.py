"""What a call costs (SPEC D15)."""

from __future__ import annotations

import pytest

from distserver.model.fax_calls import count_cost, is_rate


@pytest.mark.parametrize(
    ("rate", "seconds", "cost"),
    [
        ("30JPY", 70, "35.00 JPY"),
        ("0.025EUR", 61, "0.03 EUR"),
        ("8.5", 60, "8.50"),
        ("8.5", 0, "0.00"),
        ("8.5", None, ""),
        ("", 60, ""),
    ],
)
def test_a_call_costs_its_seconds(rate: str, seconds: int | None, cost: str) -> None:
    assert count_cost(rate, seconds) == cost


@pytest.mark.parametrize("text", ["", "JPY", "8,5", "-1", "1e3", "8.5jpy", "8.5 JPY", "0.00001", "1234567"])
def test_other_words_are_no_rate(text: str) -> None:
    assert not is_rate(text)
