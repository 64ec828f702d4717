"""Jobs on the board: the list, a job's rows and news of them, operations, receipts (SPEC N6)."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from distserver.model.accounts import Role
from distserver.model.jobs import Actor, JobView
from distserver.model.states import DeliveryState, Reason
from distserver.store import jobs
from tests.support.board import Board, read_token


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    many = "# Many\n# many.rec\n" + "".join(f"p{n}.example.org; 支店 {n}\n" for n in range(1, 1201))
    files = {
        "many.rec": many,
        "three.rec": "# 三店\n# three.rec\na.example.org; A\nb.example.org; B\nc.example.org; C\n",
    }
    board = Board(tmp_path_factory.mktemp("board"), files)
    board.add_user("sue", Role.SENDER)
    yield board
    board.close()


@pytest.fixture(scope="module")
def client(board: Board) -> FlaskClient:
    return board.sign_in()


@pytest.fixture
def job(board: Board) -> JobView:
    return board.submit("価格表 <script>", groups=("three.rec",))


def news_of(client: FlaskClient, job: JobView, since: float = 0.0, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/jobs/{job.id}/live?since={since}{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    table: dict[str, Any] = answer.json or {}
    return table


def rows_of(news: dict[str, Any]) -> dict[str, str | None]:
    return {row["key"]: row["html"] for row in news["rows"]}


def test_destination_chosen_by_its_address_is_called_by_its_name(board: Board, client: FlaskClient) -> None:
    """As a panel sends it. The address stands in the row of its receipt."""
    job = board.submit("To one", destinations=("ipp://b.example.org/ipp/print",))
    page = client.get(f"/jobs/{job.id}").text
    assert "<dt>To</dt><dd><span>B</span></dd>" in page
    assert "→ <span>B</span>" in client.get("/jobs").text
    row = client.get(f"/jobs/{job.id}/deliveries/1").text
    assert '<dt>Address</dt><dd class="mono">b.example.org</dd>' in row


def test_list_shows_newest_first_and_names_groups_not_files(board: Board, client: FlaskClient) -> None:
    board.submit("Older", groups=("three.rec",))
    board.submit("Newer", groups=("三店",))
    page = client.get("/jobs").text
    assert page.index("Newer") < page.index("Older")
    assert '<span lang="ja">三店</span>' in page
    assert "three.rec" not in page


def test_list_is_paged(board: Board, client: FlaskClient) -> None:
    by = Actor("sue", "sender")
    made = [board.submit(f"Number {n}", by, groups=("three.rec",)).id for n in range(23)]
    sue = board.sign_in("sue")
    first = sue.get("/jobs").text
    assert first.count("data-key=") == 20
    older = sue.get(f"/jobs?before={made[3]}").text
    assert older.count("data-key=") == 3
    assert f"before={made[3]}" in first


def test_news_of_the_list_come_only_when_something_changed(board: Board, client: FlaskClient, job: JobView) -> None:
    first = client.get("/jobs/live").json or {}
    assert first["whole"]
    assert first["rows"][0]["key"] == job.id
    second = client.get(f"/jobs/live?since={first['cursor']}").json or {}
    assert "rows" not in second
    board.move(job, [1], DeliveryState.COMPLETED)
    assert "rows" in (client.get(f"/jobs/live?since={first['cursor']}").json or {})


def test_page_has_a_row_for_each_destination_and_no_markup_of_others(client: FlaskClient, job: JobView) -> None:
    page = client.get(f"/jobs/{job.id}").text
    assert page.count("<tr data-key=") == 3
    assert "価格表 &lt;script&gt;" in page
    assert "<script>" not in page


def test_news_are_the_rows_changed_since(board: Board, client: FlaskClient, job: JobView) -> None:
    """N6."""
    later = time.time() + 60
    assert news_of(client, job, since=later)["rows"] == []
    board.move(
        job, [2], DeliveryState.PROCESSING, reason=Reason.PRINTING.value, device_reasons="media-empty-error", pages=1
    )
    rows = rows_of(news_of(client, job))
    assert "Out of paper" in str(rows["2"])
    assert "Load paper" in str(rows["2"])
    assert "1 of 3" in str(rows["2"])
    assert "Waiting for its turn" in str(rows["1"])


def test_news_tell_the_sum_and_when_to_ask_again(board: Board, client: FlaskClient, job: JobView) -> None:
    board.move(job, [1], DeliveryState.COMPLETED)
    news = news_of(client, job)
    assert news["say"] == "Under way: 1 of 3 completed"
    busy = news["next"]
    board.move(job, [2, 3], DeliveryState.ABORTED, reason=Reason.UNREACHABLE.value)
    news = news_of(client, job)
    assert news["say"] == "Partly failed: 1 of 3 completed, 2 failed"
    assert news["next"] > busy
    assert "Retry 2 failed" in news["parts"]["operations"]


def test_filter_shows_failed_only_and_takes_a_row_away_that_is_not_any_more(
    board: Board, client: FlaskClient, job: JobView
) -> None:
    board.move(job, [1, 3], DeliveryState.ABORTED, reason=Reason.UNREACHABLE.value)
    page = client.get(f"/jobs/{job.id}?show=failed").text
    assert page.count("<tr data-key=") == 2
    assert "The device did not answer" in page
    board.move(job, [3], DeliveryState.PENDING)
    rows = rows_of(news_of(client, job, query="&show=failed"))
    assert rows["3"] is None
    assert rows["1"] is not None


def test_rows_are_found_by_name_and_address(board: Board, client: FlaskClient) -> None:
    job = board.submit("To many", groups=("many.rec",))
    assert client.get(f"/jobs/{job.id}?q=P77.example").text.count("<tr data-key=") == 1
    assert client.get(f"/jobs/{job.id}?q=支店 119").text.count("<tr data-key=") == 11
    assert client.get(f"/jobs/{job.id}?q=nowhere").text.count("<tr data-key=") == 0


def test_hundreds_of_rows_are_paged_and_each_page_hears_of_its_own(board: Board, client: FlaskClient) -> None:
    job = board.submit("To many", groups=("many.rec",))
    first, last = (client.get(f"/jobs/{job.id}?page={page}").text for page in (1, 5))
    assert first.count("<tr data-key=") == 250
    assert last.count("<tr data-key=") == 200
    assert "first=1001" in last
    board.move(job, [7, 1100], DeliveryState.COMPLETED)
    assert set(rows_of(news_of(client, job, query="&first=1&last=250"))) == {str(n) for n in range(1, 251)}
    assert "1100" in rows_of(news_of(client, job, query="&first=1001&last=0"))
    assert "7" not in rows_of(news_of(client, job, query="&first=1001&last=0"))


def operate(client: FlaskClient, job: JobView, what: str, **fields: str) -> tuple[int, str]:
    """What a script of the page is answered."""
    data = {"csrf_token": read_token(client, f"/jobs/{job.id}"), **fields}
    answer = client.post(f"/jobs/{job.id}/{what}", data=data, headers={"Accept": "application/json"})
    return answer.status_code, (answer.json or {})["message"]


def test_cancel_one_then_all(board: Board, client: FlaskClient, job: JobView) -> None:
    assert operate(client, job, "cancel", number="2") == (200, "1 delivery canceled.")
    assert operate(client, job, "cancel") == (200, "2 deliveries canceled.")
    assert news_of(client, job)["say"] == "Canceled: 0 of 3 completed, 3 canceled"


def test_retry_one_and_all_that_failed(board: Board, client: FlaskClient, job: JobView) -> None:
    board.move(job, [1, 2, 3], DeliveryState.ABORTED, reason=Reason.UNREACHABLE.value)
    assert operate(client, job, "retry", number="3") == (200, "1 delivery sent again.")
    assert operate(client, job, "retry") == (200, "2 deliveries sent again.")
    status, words = operate(client, job, "retry")
    assert (status, words) == (409, "No delivery of this job has failed: there is nothing to send again.")


def test_hold_and_release(client: FlaskClient, job: JobView) -> None:
    assert operate(client, job, "hold") == (200, "3 deliveries held.")
    assert "Release" in news_of(client, job)["parts"]["operations"]
    assert operate(client, job, "release") == (200, "3 deliveries released.")


def test_without_script_an_operation_comes_back_to_the_page_with_its_answer(client: FlaskClient, job: JobView) -> None:
    data = {"csrf_token": read_token(client, f"/jobs/{job.id}"), "number": "1"}
    answer = client.post(f"/jobs/{job.id}/cancel", data=data)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/jobs/{job.id}")
    assert "1 delivery canceled." in client.get(f"/jobs/{job.id}").text


def test_cancel_under_way_says_that_the_device_is_being_asked(board: Board, client: FlaskClient, job: JobView) -> None:
    board.move(job, [1], DeliveryState.PROCESSING, reason=Reason.PRINTING.value)
    assert operate(client, job, "cancel", number="1")[0] == 200
    assert "Being canceled" in str(rows_of(news_of(client, job))["1"])


def test_delivery_has_a_page_with_what_to_do(board: Board, client: FlaskClient, job: JobView) -> None:
    board.move(job, [1], DeliveryState.ABORTED, reason=Reason.CERTIFICATE.value, message="self-signed")
    page = client.get(f"/jobs/{job.id}/deliveries/1").text
    assert "tls=pin" in page
    assert "self-signed" in page
    assert f"{job.id}-1" in page
    assert client.get(f"/jobs/{job.id}/deliveries/99").status_code == 404


def test_receipts_as_page_csv_and_json(board: Board, client: FlaskClient, job: JobView) -> None:
    board.move(job, [1, 2], DeliveryState.COMPLETED, reason=Reason.COMPLETED.value, evidence="completed", pages=3)
    assert client.get(f"/jobs/{job.id}/receipts").text.count("Printed, all pages are out") == 2
    answer = client.get(f"/jobs/{job.id}/receipts.csv")
    rows = list(csv.DictReader(answer.text.removeprefix("\ufeff").splitlines()))
    assert [row["state"] for row in rows] == ["completed", "completed", "pending"]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{job.id}.csv"'
    table = json.loads(client.get(f"/jobs/{job.id}/receipts.json").text)
    assert table["title"] == "価格表 <script>"
    assert len(table["deliveries"]) == 3


def test_thumbnail_is_a_picture_of_page_one(client: FlaskClient, job: JobView) -> None:
    with client.get(f"/jobs/{job.id}/thumbnail") as answer:
        assert answer.mimetype == "image/png"
        assert answer.data.startswith(b"\x89PNG")
        assert "private" in answer.headers["Cache-Control"]


def test_thumbnail_of_a_document_that_is_gone_is_a_blank_sheet(board: Board, client: FlaskClient) -> None:
    document = board.store_pdf("gone.pdf", pages=7)
    job = board.submit("Gone", groups=("three.rec",), documents=(document,))
    board.services.spool.erase_document(document.digest)
    answer = client.get(f"/jobs/{job.id}/thumbnail")
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-store"


def test_start_page_and_wall_tell_what_runs_and_what_failed(board: Board, client: FlaskClient, job: JobView) -> None:
    board.move(job, [1], DeliveryState.PENDING_RETRY, reason=Reason.UNREACHABLE.value)
    for path in ("/", "/live", "/wall", "/wall/live"):
        assert client.get(path).status_code == 200
    assert "価格表 &lt;script&gt;" in client.get("/").text
    assert "The device does not answer: " in client.get("/wall").text
    board.move(job, [1, 2], DeliveryState.COMPLETED)
    board.move(job, [3], DeliveryState.ABORTED, reason=Reason.UNREACHABLE.value)
    assert "With failures in the last day" in client.get("/").text
    assert "Partly failed" in client.get("/").text


def test_the_wall_shows_what_has_begun_before_what_waits_for_its_time(tmp_path: Path) -> None:
    board = Board(tmp_path)  # of its own: the wall shows five jobs
    begun = board.submit("Today")
    board.move(begun, [1], DeliveryState.ABORTED, reason=Reason.UNREACHABLE.value)
    for number in range(6):
        board.submit(f"Tomorrow {number}")
    wall = board.sign_in().get("/wall").text
    board.close()
    assert wall.index("Today") < wall.index("Tomorrow")
    assert "1<small> of 5 ended</small>" in wall


def test_no_such_job(client: FlaskClient) -> None:
    answer = client.get("/jobs/01zzzzzzzzzzzzzz")
    assert answer.status_code == 404
    assert "There is no job 01zzzzzzzzzzzzzz." in answer.text
    assert client.get("/nowhere").status_code == 404


def test_out_of_paper_is_counted_apart_from_what_is_under_way(board: Board, client: FlaskClient, job: JobView) -> None:
    """N6: what needs somebody is seen in every list, and has a choice of rows of its own."""
    board.move(job, [1, 2], DeliveryState.PROCESSING, reason=Reason.PRINTING.value)
    board.move(job, [1], DeliveryState.PROCESSING, device_reasons="media-empty-error toner-low-warning")
    board.move(job, [2], DeliveryState.PROCESSING, device_reasons="toner-low-warning")
    shares = '<span class="num">1</span> needs attention</span>'
    for path in ("/", "/jobs", "/wall", f"/jobs/{job.id}", f"/jobs/{job.id}/receipts"):
        assert shares in client.get(path).text, path
    page = client.get(f"/jobs/{job.id}?show=attention").text
    assert page.count("<tr data-key=") == 1
    assert 'Needs attention <span class="num">1</span>' in page
    assert 'Under way <span class="num">1</span>' in page
    assert client.get(f"/jobs/{job.id}?show=active").text.count("<tr data-key=") == 1
    board.move(job, [1, 2, 3], DeliveryState.COMPLETED, device_reasons="")


def test_failures_of_the_last_day_are_found_behind_many_jobs_that_went_well(board: Board, client: FlaskClient) -> None:
    failed = board.submit("Failed behind many", groups=("three.rec",))
    board.move(failed, [1, 2, 3], DeliveryState.ABORTED, reason=Reason.REFUSED.value)
    for number in range(25):
        done = board.submit(f"Well {number}", groups=("three.rec",))
        board.move(done, [1, 2, 3], DeliveryState.COMPLETED)
    found = board.services.query.failed_since(Actor("admin", "administrator"), time.time() - 60, limit=1)
    assert [one.title for one in found] == ["Failed behind many"]
    assert "Failed behind many" in client.get("/").text
    assert not board.services.query.failed_since(Actor("sue", "sender"), time.time() - 60, limit=1)


def test_job_without_any_success_says_why(board: Board, client: FlaskClient, job: JobView) -> None:
    board.move(job, [1, 2, 3], DeliveryState.ABORTED, reason=Reason.UNREACHABLE.value, message="a:631 refused")
    page = client.get(f"/jobs/{job.id}").text
    assert "Nothing could be delivered. The device did not answer." in page
    assert "Technical: a:631 refused" in page
    assert "“a:631" not in page
    assert "tried again by itself" not in page


def test_canceled_job_whose_document_is_erased_cannot_be_retried(
    board: Board, client: FlaskClient, job: JobView
) -> None:
    board.move(job, [1, 2, 3], DeliveryState.CANCELED, reason=Reason.CANCELED_BY_USER.value)
    with board.services.database.begin() as connection:
        jobs.mark_erased(connection, [job.id])
    page = client.get(f"/jobs/{job.id}/deliveries/1").text
    assert "send it again as a new job" in page
    assert "Retry" not in page


def test_waiting_rows_of_a_held_job_say_so(client: FlaskClient, board: Board) -> None:
    job = board.submit("Held", groups=("three.rec",), hold=True)
    page = client.get(f"/jobs/{job.id}").text
    assert "Waiting for its turn" not in page
    assert page.count("<div>Held</div>") == 3


def test_pages_that_the_device_does_not_count_are_not_given_as_none(
    board: Board, client: FlaskClient, job: JobView
) -> None:
    done = {"reason": Reason.COMPLETED.value, "evidence": "completed", "pages": 0, "rendition": "application/pdf;as-is"}
    board.move(job, [1, 2, 3], DeliveryState.COMPLETED, **done)
    for path in (f"/jobs/{job.id}", f"/jobs/{job.id}/receipts", f"/jobs/{job.id}/deliveries/1"):
        page = client.get(path).text
        assert "0 of 3" not in page
        assert "not counted by the device" in page
    assert "as it came (PDF)" in client.get(f"/jobs/{job.id}/deliveries/1").text
    assert json.loads(client.get(f"/jobs/{job.id}/receipts.json").text)["deliveries"][0]["pages"] is None
