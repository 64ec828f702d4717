"""N4: our name in the name of a printer's job is found as a whole word, wherever devices put it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.deliver.channels.ipp_job import bears_text, format_job_name

NAME = "01K9ABCDEFGH-17"


@pytest.mark.parametrize("text", [NAME, f"{NAME} ", f"(17) {NAME}.pdf", f"価格表 · {NAME}", f"x{NAME} {NAME}"])
def test_found(text: str) -> None:
    assert bears_text(text, NAME)


@pytest.mark.parametrize("text", ["", NAME[:-1], f"{NAME}1", f"x{NAME}", f"{NAME}-2", f"_{NAME}_"])
def test_not_found(text: str) -> None:
    """N4: another delivery's name may begin or end with ours."""
    assert not bears_text(text, NAME)


@given(st.text("ab-_1 ·.é", max_size=12), st.text("ab-.1", min_size=1, max_size=4))
def test_as_an_expression_would_say(text: str, name: str) -> None:
    whole_word = rf"(?<![0-9A-Za-z_-]){re.escape(name)}(?![0-9A-Za-z_-])"
    assert bears_text(text, name) == (re.search(whole_word, text) is not None)


@given(st.text(max_size=300))
def test_whatever_the_title_our_name_is_found(title: str) -> None:
    assert bears_text(format_job_name(title, NAME), NAME)
