"""What is wrong with a request is told in plain words, field by field."""

from __future__ import annotations

import pytest

from distserver.intake.api.validation import InvalidFields, read_fields, read_json
from distwire.api.jobs import Selection, SubmissionForm


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("copies", "0", "copies: is less than 1"),
        ("copies", "1000", "copies: is more than 999"),
        ("copies", "two", "copies: is no whole number"),
        ("sides", "three", "sides: is none of 'one-sided', "),
        ("keep", "perhaps", "keep: is neither true nor false"),
        ("deadline", "soon", "deadline: is no time: write it as"),
        ("deadline", "2026-04-01T09:00:00", "deadline: lacks the offset from UTC"),
        ("title", "x" * 256, "title: has more than 255 characters"),
        ("group", "", "group.0: is empty"),
        ("media", "a b", "media: contains a character"),
        ("colour", "x", "colour: is not known here"),
    ],
)
def test_a_wrong_field_is_told(field: str, value: str, words: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        read_fields(SubmissionForm, {field: [value]})
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "body: is no JSON: "),
        (b"[]", "body: is no JSON object"),
        (b'{"deliveries": 1}', "deliveries: is no list"),
        (b'{"deliveries": ["x"]}', "deliveries.0: is no whole number"),
    ],
)
def test_a_wrong_body_is_told(body: bytes, words: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        read_json(Selection, body)
    assert str(caught.value).startswith(words)
