"""Deny by default: every route of the whole application states who may use it (N7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.accounts.access import find_rule
from distserver.intake.api.routes import OPERATIONS
from tests.support.board import Board

PUBLIC = {
    "api.enrol_device": "a device has no token before; it shows a code that holds for a quarter of an hour, once",
    "api.show_health": "whatever watches the server has no token",
    "api.show_openapi": "it describes the code, not the installation",
}


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    made = Board(tmp_path_factory.mktemp("routes"))
    yield made
    made.close()


def test_every_route_has_an_access_rule(board: Board) -> None:
    views = board.app.view_functions
    bare = [str(rule) for rule in board.app.url_map.iter_rules() if find_rule(views[rule.endpoint]) is None]
    assert [rule for rule in bare if not rule.endswith("/static/<path:filename>")] == []


def test_what_anybody_may_use_of_the_api_is_listed_here_with_the_reason(board: Board) -> None:
    rules = {name: find_rule(view) for name, view in board.app.view_functions.items() if name.startswith("api.")}
    assert {name for name, rule in rules.items() if rule is not None and rule.public} == set(PUBLIC)


def test_a_route_without_a_rule_is_for_nobody(tmp_path: Path) -> None:
    made = Board(tmp_path)
    made.app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = made.app.test_client().get("/forgotten")
    made.close()
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_operations_have_names_of_their_own_and_a_sentence_each() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))
    assert [operation.name for operation in OPERATIONS if len(operation.summary) < 10] == []
