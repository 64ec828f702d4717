"""Sending from the board: files ahead of the job, refusals in words, whom it reaches (SPEC D4, D6)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from distserver.model.accounts import Role
from distserver.model.documents import ColorMode, Orientation, Scaling, Sides
from distserver.model.jobs import JobView
from distserver.model.pages import LAST_PAGE
from distserver.model.states import Priority
from tests.support.board import ADMIN, Board, make_pdf, read_token


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    board = Board(tmp_path_factory.mktemp("board"))
    board.add_user("sue", Role.SENDER)
    yield board
    board.close()


@pytest.fixture(scope="module")
def client(board: Board) -> FlaskClient:
    return board.sign_in()


def store(client: FlaskClient, data: bytes, name: str) -> dict[str, Any]:
    """What the page's script is answered for one file."""
    answer = client.post(
        "/send/files",
        data={"document": (io.BytesIO(data), name)},
        headers={"X-CSRFToken": read_token(client, "/send"), "Accept": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = (answer.json or {})["files"][0]
    return found


def send(client: FlaskClient, **fields: Any) -> TestResponse:
    """Submit the form, as a browser does."""
    data = {"csrf_token": read_token(client, "/send"), **fields}
    return client.post("/send", data=data, content_type="multipart/form-data")


def job_of(board: Board, answer: TestResponse) -> JobView:
    assert answer.status_code == 303, answer.text
    return board.services.query.get(answer.headers["Location"].rpartition("/")[2], ADMIN)


def test_form_offers_groups_and_single_destinations(client: FlaskClient) -> None:
    page = client.get("/send?group=eigyou_all.rec").text
    assert 'value="eigyou_all.rec" checked' in page
    assert '<b lang="ja">全営業所</b>' in page
    assert 'value="ipp://sapporo.example.org/ipp/print"' in page
    assert "1 error" in page


def test_file_sent_ahead_then_job(board: Board, client: FlaskClient) -> None:
    """D4: what was chosen in the form is what the job says."""
    found = store(client, make_pdf(3), "価格表.pdf")
    assert found["about"].startswith("PDF, 3 pages, ")
    answer = send(
        client,
        stored=found["stored"],
        group="eigyou_all.rec",
        destination="ipp://tokyo.example.org/ipp/print",
        copies="2",
        sides="two-sided-long-edge",
        color="monochrome",
        media="iso_a4_210x297mm",
        priority="urgent",
        keep="1",
        hold="1",
    )
    job = job_of(board, answer)
    assert (job.title, job.documents[0].name, job.documents[0].pages) == ("価格表.pdf", "価格表.pdf", 3)
    assert (job.options.copies, job.options.sides, job.options.color) == (2, Sides.LONG_EDGE, ColorMode.MONOCHROME)
    assert (job.priority, job.keep, job.held) == (Priority.URGENT, True, True)
    assert job.groups == ("全営業所", "Tokyo head office")
    assert job.counts.total == 4


def test_pages_and_layout(board: Board, client: FlaskClient) -> None:
    """D4: what was chosen in the folded part is what the job says, on its page too."""
    asked = {"page_ranges": "1,3-", "number_up": "2", "orientation": "landscape", "scaling": "fit"}
    answer = send(client, document=(io.BytesIO(make_pdf(4)), "four.pdf"), group="all.rec", **asked)
    options = job_of(board, answer).options
    assert (options.page_ranges, options.number_up) == (((1, 1), (3, LAST_PAGE)), 2)
    assert (options.orientation, options.scaling) == (Orientation.LANDSCAPE, Scaling.FIT)
    page = client.get(answer.headers["Location"]).text
    assert "pages 1,3-, 2 to a side, across, fit to the paper" in page


def test_a_refused_layout_stays_in_sight(client: FlaskClient) -> None:
    assert '<details id="layout-part">' in client.get("/send").text
    document = (io.BytesIO(make_pdf(2)), "two.pdf")
    answer = send(client, document=document, group="all.rec", page_ranges="5-7", number_up="4")
    assert answer.status_code == 422
    assert "None of the chosen pages (5-7) is there: there are 2 pages in all" in answer.text
    assert '<details id="layout-part" open>' in answer.text
    assert 'value="5-7"' in answer.text
    assert '<option value="4" selected>' in answer.text


def test_without_script_the_files_come_with_the_form(board: Board, client: FlaskClient) -> None:
    files = [(io.BytesIO(make_pdf(1)), "one.pdf"), (io.BytesIO(make_pdf(2, "two")), "two.pdf")]
    job = job_of(board, send(client, document=files, title="Both", group="all.rec", more="札幌支店\n"))
    assert [document.pages for document in job.documents] == [1, 2]
    assert job.counts.total == 5


def test_destination_in_several_groups_gets_one_copy(board: Board, client: FlaskClient) -> None:
    found = store(client, make_pdf(), "a.pdf")
    job = job_of(board, send(client, stored=found["stored"], group=["all.rec", "eigyou_all.rec", "develop.rec"]))
    assert job.counts.total == 5


def test_count_is_of_destinations_without_duplicates(client: FlaskClient) -> None:
    headers = {"X-CSRFToken": read_token(client, "/send")}
    chosen = {
        "group": ["eigyou_all.rec", "develop.rec"],
        "destination": ["ipp://sapporo.example.org/ipp/print", "ipp://tokyo.example.org/ipp/print", "nobody"],
    }
    assert (client.post("/send/count", data=chosen, headers=headers).json or {}) == {"destinations": 5}
    assert (client.post("/send/count", headers=headers).json or {}) == {"destinations": 0}


def test_destinations_are_searched_by_name_and_address(client: FlaskClient) -> None:
    """D6."""
    assert client.get("/send/destinations?q=札幌").text.count("<label") == 1
    assert client.get("/send/destinations?q=EXAMPLE.org").text.count("<label") == 4
    assert client.get("/send/destinations?q=工場 設計").text.count("<label") == 1
    assert "No destination matches" in client.get("/send/destinations?q=nowhere").text


def test_refused_file_is_told_in_words_and_leaves_nothing(board: Board, client: FlaskClient) -> None:
    locked = store(client, make_pdf(password="secret"), "locked.pdf")
    assert "password" in locked["refused"]
    assert "stored" not in locked
    assert "refused" in store(client, b"MZ\x90\x00 not a document", "setup.exe")
    assert "refused" in store(client, b"", "empty.pdf")
    assert list(board.services.spool.incoming.iterdir()) == []


def test_refused_file_in_the_form_is_named(client: FlaskClient) -> None:
    locked = (io.BytesIO(make_pdf(password="secret")), "locked.pdf")
    answer = send(client, document=locked, group="all.rec")
    assert answer.status_code == 422
    assert "locked.pdf" in answer.text
    assert "password" in answer.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"group": "all.rec"}, "there is no document"),
        ({"stored": "", "group": "all.rec"}, "there is no document"),
        ({"stored": "forged", "group": "all.rec"}, "add it again"),
        ({"copies": "0"}, "between 1 and 999"),
        ({"deadline": "2001-01-01T00:00"}, "there is no document"),
    ],
)
def test_what_is_wrong_in_the_form_is_told(client: FlaskClient, fields: dict[str, str], words: str) -> None:
    answer = send(client, **fields)
    assert answer.status_code == 422
    assert words.casefold() in answer.text.casefold()


def test_nobody_chosen_and_unknown_groups_are_told(client: FlaskClient) -> None:
    found = store(client, make_pdf(), "a.pdf")
    assert "at least one group" in send(client, stored=found["stored"]).text
    assert "no group &#39;gone.rec&#39;" in send(client, stored=found["stored"], group="gone.rec").text


def test_same_form_sent_twice_is_one_job(board: Board, client: FlaskClient) -> None:
    found = store(client, make_pdf(), "twice.pdf")
    first, second = (send(client, stored=found["stored"], group="all.rec", key="k1") for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]


def test_file_of_somebody_else_is_not_sent(board: Board, client: FlaskClient) -> None:
    found = store(client, make_pdf(), "mine.pdf")
    answer = send(board.sign_in("sue"), stored=found["stored"], group="all.rec")
    assert answer.status_code == 422
    assert "somebody else" in answer.text


def test_a_forged_token_in_the_header_is_refused_before_anything_is_read(board: Board, client: FlaskClient) -> None:
    answer = client.post(
        "/send/files",
        data={"document": (io.BytesIO(b"x"), "big.pdf")},
        headers={"X-CSRFToken": "forged"},
    )
    assert answer.status_code == 409
    assert list(board.services.spool.incoming.iterdir()) == []


def test_refused_form_without_script_keeps_what_was_filled_in(client: FlaskClient) -> None:
    answer = send(
        client,
        title="Kept title",
        copies="0",
        group="eigyou_all.rec",
        destination="ipp://tokyo.example.org/ipp/print",
        sides="two-sided-long-edge",
        media="iso_a3_297x420mm",
        priority="bulk",
        keep="1",
    )
    assert answer.status_code == 422
    for text in (
        'value="Kept title"',
        '<option value="two-sided-long-edge" selected>',
        '<option value="iso_a3_297x420mm" selected>',
        '<option value="bulk" selected>',
        'name="keep" value="1" checked',
        'value="eigyou_all.rec" checked',
    ):
        assert text in answer.text, text
    assert re.search(r'name="destination" value="[^"]*tokyo\.example\.org[^"]*" checked', answer.text)


def test_destination_that_all_rec_lacks_can_be_chosen_and_is_warned_of(tmp_path: Path) -> None:
    files = {
        "all.rec": "# All\n# all.rec\na.example.org; A\n",
        "odd.rec": "# Odd\n# odd.rec\nstray.example.org; Stray\n",
    }
    board = Board(tmp_path, files)
    try:
        client = board.sign_in()
        assert "stray.example.org" in client.get("/send").text
        assert "stray.example.org" in client.get("/send/destinations?q=stray").text
        for path in ("/send", "/groups"):
            assert "1 warning" in client.get(path).text, path
        assert "is not in all.rec" in client.get("/groups").text
        assert "is not in all.rec" in client.get("/groups/odd.rec").text
    finally:
        board.close()
