"""Groups on the board: what the files say, live, and what is wrong in them (SPEC D1, D2, D3)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.support.board import Board


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    board = Board(tmp_path_factory.mktemp("board"))
    yield board
    board.close()


@pytest.fixture(scope="module")
def client(board: Board) -> FlaskClient:
    return board.sign_in()


def test_list_has_number_name_file_members_and_errors(client: FlaskClient) -> None:
    page = client.get("/groups").text
    assert page.index("All destinations") < page.index("Product development") < page.index("全営業所")
    for text in ("eigyou_all.rec", "develop.rec", "1 error"):
        assert text in page


def test_bad_line_is_told_by_file_line_and_reason(client: FlaskClient) -> None:
    """D2."""
    for path in ("/", "/groups", "/groups/develop.rec"):
        page = client.get(path).text
        assert "line 4" in page
        assert "&#39;not an address&#39;" in page


def test_group_has_a_page_by_file_and_by_name(client: FlaskClient) -> None:
    page = client.get("/groups/eigyou_all.rec").text
    assert '<b lang="ja">札幌支店</b>' in page
    assert "Send to this group" in page
    assert client.get("/groups/全営業所").text.count("<tr>") == page.count("<tr>")
    assert client.get("/groups/nosuch.rec").status_code == 404


def test_secrets_in_options_are_not_shown(board: Board, client: FlaskClient) -> None:
    file = board.services.settings.groups_dir / "secret.rec"
    file.write_text("# Secret\n# secret.rec\na.example.org; A; user=bob; secret=hunter2\n", encoding="utf-8")
    board.services.groups.refresh()
    deadline = time.monotonic() + 30
    while client.get("/groups/secret.rec").status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    page = client.get("/groups/secret.rec").text
    assert "user=bob" in page
    assert "hunter2" not in page


def test_groups_are_found_by_name_and_file(client: FlaskClient) -> None:
    assert client.get("/groups?q=営業").text.count('<td class="place">') == 1
    assert "No group matches" in client.get("/groups?q=nowhere").text


def test_without_any_group_the_pages_say_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    board = Board(tmp_path_factory.mktemp("empty"), {})
    client = board.sign_in()
    for path in ("/groups", "/send"):
        assert "There are no groups yet" in client.get(path).text
    assert "Nothing has been sent yet" in client.get("/").text
    assert "Nothing is under way" in client.get("/wall").text
    assert "No jobs yet" in client.get("/jobs").text
    board.close()
