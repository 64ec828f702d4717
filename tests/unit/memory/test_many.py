"""Ten thousand documents are as quick as a hundred: by the steps that SQLite takes, which no other load changes.
`deploy/bench memory` measures the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mfp_client.memory.store import ImageMemory
from tests.support.memory_crowd import open_crowd
from tests.support.memory_pages import ANNA, OPERATOR

FEW, MANY = 100, 1500
QUESTIONS: dict[str, Callable[[ImageMemory], object]] = {
    "list": lambda memory: memory.list_documents(ANNA, limit=20),
    "middle": lambda memory: memory.list_documents(ANNA, before=60, limit=20),
    "operator": lambda memory: memory.list_documents(OPERATOR, limit=20),
    "letter": lambda memory: memory.list_documents(ANNA, text="i", limit=10),
    "word": lambda memory: memory.list_documents(ANNA, text="請求", limit=10),
    "nothing": lambda memory: memory.list_documents(ANNA, text="zzz"),
    "thumbnails": lambda memory: [memory.thumbnail(one.id, ANNA) for one in memory.list_documents(ANNA, limit=20)],
    "find": lambda memory: memory.find(memory.list_documents(ANNA, limit=1)[0].id, ANNA),
    "unclosed": lambda memory: memory.list_unclosed(ANNA),
    "usage": lambda memory: memory.room.usage(),
    "sweep": lambda memory: memory.sweep(),
}


@pytest.fixture(scope="module")
def memories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ImageMemory, ImageMemory]]:
    few, many = (open_crowd(tmp_path_factory.mktemp("crowd"), count) for count in (FEW, MANY))
    yield few, many
    few.close()
    many.close()


@pytest.mark.parametrize("name", QUESTIONS)
def test_many_documents_take_no_more_steps_than_few(memories: tuple[ImageMemory, ImageMemory], name: str) -> None:
    few, many = (_count_steps(memory, QUESTIONS[name]) for memory in memories)
    assert few > 0
    assert many <= 1.5 * few


def _count_steps(memory: ImageMemory, question: Callable[[ImageMemory], object]) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection = memory.table._connection
    connection.set_progress_handler(count, 1)
    try:
        question(memory)
    finally:
        connection.set_progress_handler(None, 0)
    return steps
