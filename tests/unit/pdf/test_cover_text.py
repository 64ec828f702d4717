"""The line of text that a cover sheet is made of."""

from __future__ import annotations

import pytest

from distwire.pdf.cover_sheet import CoverSheet, read_cover_text


@pytest.mark.parametrize(
    ("text", "sheet"),
    [
        ("To: Osaka // from: Head office // Subject: Prices", CoverSheet("Osaka", "Head office", "Prices")),
        ("Please call back.", CoverSheet(message="Please call back.")),
        (
            "To: A // first // second // see http://b.example/c",
            CoverSheet("A", message="first\nsecond\nsee http://b.example/c"),
        ),
        ("Note: read this", CoverSheet(message="Note: read this")),
        ("", CoverSheet()),
    ],
)
def test_parts(text: str, sheet: CoverSheet) -> None:
    assert read_cover_text(text) == sheet
