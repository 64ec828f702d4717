"""Documents as they are found when they are sent: of the length that was said, or told to be otherwise (N4)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from distwire.ipp.body import Body, DocumentFile, open_document
from tests.support.growing import GrowingFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "document"
    path.write_bytes(b"x" * 100)
    return path


def test_length_counts_attributes_and_document(path: Path) -> None:
    assert Body(b"head").length == 4
    assert Body(b"head", DocumentFile(path, 100)).length == 104
    assert Body(b"head", DocumentFile(path, None)).length is None


@pytest.mark.parametrize(("said", "words"), [(99, "1 bytes longer"), (130, "30 bytes shorter")])
def test_another_length_than_was_said_is_noticed(path: Path, said: int, words: str) -> None:
    with open_document(DocumentFile(path, said)) as document, pytest.raises(OSError, match=words):
        document.measure()


def test_a_change_meanwhile_is_noticed(path: Path) -> None:
    with open_document(DocumentFile(path, 100)) as document:
        document.check()
        path.write_bytes(b"x" * 101)
        with pytest.raises(OSError, match="longer"):
            document.check()


async def test_growing_file_is_read_as_far_as_it_is_written(tmp_path: Path) -> None:
    growth = GrowingFile(tmp_path / "growing")
    with open_document(DocumentFile(growth.path, None, growth)) as document:
        growth.write(b"abc")
        assert await document.beyond(0) == 3
        later = asyncio.create_task(document.beyond(3))
        await growth.wait_until_asked(3)
        growth.write(b"de")
        assert await later == 5
        growth.finish()
        assert await document.beyond(5) == 5


@pytest.mark.parametrize(("said", "words"), [(2, "1 bytes longer"), (9, "6 bytes shorter")])
async def test_growing_file_that_ends_elsewhere_is_noticed(tmp_path: Path, said: int, words: str) -> None:
    growth = GrowingFile(tmp_path / "growing")
    growth.write(b"abc")
    growth.finish()
    with open_document(DocumentFile(growth.path, said, growth)) as document, pytest.raises(OSError, match=words):
        assert await document.beyond(0) == 3
        await document.beyond(3)
