"""The record of a task, as screens rely on it."""

from __future__ import annotations

import json

import pytest

from mfp_client.memory.records import Asker
from mfp_client.works.person import Person
from mfp_client.works.progress import Board, PageSeen, PageVerdict, Progress, Question, ScannedPart, Task, Trouble
from mfp_client.works.wishes import Wishes

KEYS = [
    "id",
    "kind",
    "step",
    "words",
    "error",
    "scan",
    "pages",
    "question",
    "document",
    "documents",
    "verdicts",
    "to",
    "options",
    "job",
    "jobs",
    "deliveries",
    "progress",
    "refused",
]
TASK = Task("1", "distribute-document", "scanning", Person("anna"), Wishes(groups=("a.rec",), to=("110",)))


def test_a_record_has_every_key_from_its_first_instant() -> None:
    said = TASK.describe(Asker("anna"))
    assert sorted(said) == sorted(KEYS)
    assert said["to"] == {"groups": ["a.rec"], "destinations": ["tel:110"]}
    assert said["options"] == {"groups": ["a.rec"], "to": ["110"]}
    assert {name for name in KEYS if said[name] is None} == {"error", "scan", "question", "document", "job", "progress"}


def test_each_change_makes_a_new_record_and_is_told() -> None:
    told: list[str] = []
    board = Board(TASK, lambda: told.append(board.task.step))
    board.show(step="asking", question=Question("jam", "take it out", 3, 1, ("continue", "end", "drop")))
    board.show(
        scan=ScannedPart(3, 1, "folder:/x"),
        pages=(PageSeen(1, 10, 20, blank=True),),
        verdicts=(PageVerdict(2, 12345678, "image-erased", "gone"),),
        error=Trouble("no-room", "full", {"free": 0}),
        progress=Progress(1, 2, 0, "octets"),
    )
    assert told == ["asking", "asking"]
    assert TASK.step == "scanning"
    said = json.loads(json.dumps(board.task.describe(Asker())))
    assert said["question"]["answers"] == ["continue", "end", "drop"]
    assert said["scan"] == {"pages": 3, "removed": 1, "scanner": "folder:/x"}
    assert said["pages"] == [{"number": 1, "width": 10, "height": 20, "blank": True}]
    verdict = {"page": 2, "image_id": "12345678", "why": "image-erased", "words": "gone", "facts": {}}
    assert said["verdicts"] == [verdict]
    assert said["error"] == {"error": "no-room", "words": "full", "facts": {"free": 0}}
    assert said["progress"] == {"done": 1, "total": 2, "failed": 0, "unit": "octets"}


@pytest.mark.parametrize(("kind", "step", "free"), [("copy", "printing", False), ("copy", "review", False)])
def test_one_task_at_a_time(kind: str, step: str, free: bool) -> None:
    task = Task("1", kind, step, Person(), Wishes())  # type: ignore[arg-type]
    assert task.free is free
    assert Task("1", "read-sheets", "review", Person(), Wishes()).free
    assert all(Task("1", "fax", step, Person(), Wishes()).free for step in ("following", "waiting", "done", "failed"))
