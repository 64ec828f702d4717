"""Jobs over the API: submit by streaming multipart, show, page, cancel, hold, release, retry (D4)."""

from __future__ import annotations

import dataclasses
import io
import re
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from distserver.application import create_app
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.model.states import DeliveryState
from tests.support.api import Api
from tests.support.board import make_pdf

OPERATOR = Actor("ops", Role.OPERATOR)
BOUNDARY = "boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("jobs"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _nothing_left(api: Api) -> Iterator[None]:
    """However a request ends, no half upload stays."""
    yield
    assert api.incoming() == []


def _submit(api: Api, role: Role = Role.SENDER, *, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    data = {"group": "全営業所", "document": (io.BytesIO(make_pdf(2)), "お知らせ.pdf"), **fields}
    given = {name: value for name, value in data.items() if value is not None}
    return api.call("POST", "/api/v1/jobs", role, headers=headers, data=given, content_type="multipart/form-data")


def _raw(api: Api, body: bytes, content_type: str = FORM) -> Any:
    return api.call("POST", "/api/v1/jobs", Role.SENDER, data=body, content_type=content_type)


def _part(disposition: str, content: bytes = b"", *, end: bool = False) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode()
    return head + content + b"\r\n" + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


def test_a_job_is_accepted_and_shown(api: Api) -> None:
    answer = _submit(api, title="価格表", copies="2", sides="two-sided-long-edge", destination="Tokyo head office")
    assert answer.status_code == 201, answer.text
    job = api.call("GET", answer.headers["Location"], Role.SENDER).json
    assert job is not None
    assert (job["title"], job["sender"], job["counts"]["total"]) == ("価格表", "sender", 4)
    assert job["options"] == {
        "copies": 2,
        "sides": "two-sided-long-edge",
        "media": None,
        "color": "auto",
        "page_ranges": None,
        "number_up": 1,
        "orientation": None,
        "scaling": "auto",
    }
    assert job["documents"][0] | {"size": 0} == {
        "number": 1,
        "name": "お知らせ.pdf",
        "format": "application/pdf",
        "size": 0,
        "pages": 2,
    }
    assert job["created"].endswith("+00:00")


def test_several_files_groups_and_destinations_in_one_job(api: Api) -> None:
    """D4: a destination in several chosen groups gets it once."""
    files = [(io.BytesIO(make_pdf(1)), "一.pdf"), (io.BytesIO(make_pdf(3)), "二.pdf")]
    job = _submit(
        api, group=["all.rec", "eigyou_all.rec"], destination=["osaka.example.org"], title=None, document=files
    ).json
    assert job["title"] == "一.pdf"
    assert job["counts"]["total"] == 5
    assert [(d["name"], d["pages"]) for d in job["documents"]] == [("一.pdf", 1), ("二.pdf", 3)]


def test_the_same_key_answers_the_same_job(api: Api) -> None:
    key = {"Idempotency-Key": "order-4711"}
    first, second = (_submit(api, headers=key).json["id"] for _ in range(2))
    assert first == second
    assert _submit(api, Role.OPERATOR, headers=key).json["id"] != first
    assert _submit(api, headers={"Idempotency-Key": "with space"}).status_code == 400


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"group": "無い"}, 404, "無い"),
        ({"group": None}, 400, "at least one group"),
        ({"copies": "0"}, 422, "copies"),
        ({"copies": "many"}, 422, "copies"),
        ({"copise": "2"}, 422, "copise"),
        ({"sides": "three-sided"}, 422, "sides"),
        ({"media": "A4 please"}, 422, "media"),
        ({"not_before": "2026-04-01T09:00"}, 422, "not_before"),
        ({"deadline": "2001-01-01T00:00:00Z"}, 400, "deadline"),
        ({"title": "a\x00b"}, 400, "control character"),
        ({"title": "x" * 256}, 422, "title"),
        ({"document": None}, 400, "add a file"),
        ({"document": (io.BytesIO(b"not a document at all"), "x.pdf")}, 422, ""),
        ({"document": (io.BytesIO(b""), "x.pdf")}, 422, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(api: Api, fields: dict[str, Any], status: int, word: str) -> None:
    before = len(list(api.services.spool.stored_documents()))
    answer = _submit(api, **fields)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert word in answer.json["detail"]
    assert len(list(api.services.spool.stored_documents())) == before


def test_a_refused_document_says_why_by_keyword(api: Api) -> None:
    locked = make_pdf(1, password="secret")
    answer = _submit(api, document=(io.BytesIO(locked), "locked.pdf"))
    assert answer.status_code == 422
    assert answer.json["reason"] == "document-password-error"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="document"; filename="価格表.pdf"', "価格表.pdf"),
        ("name=\"document\"; filename*=UTF-8''%E4%BE%A1%E6%A0%BC%E8%A1%A8.pdf", "価格表.pdf"),
        ('name="document"; filename="x.pdf"; filename*=utf-8\'ja\'%E4%BE%A1.pdf', "価.pdf"),
        ('name="document"; filename="C:\\\\Users\\\\taro\\\\x.pdf"', "x.pdf"),
        ('name="document"; filename="../../etc/passwd"', "passwd"),
        ('name="document"; filename="a\tb\x1bc.pdf"', "abc.pdf"),
        ('name="document"', "document"),
    ],
)
def test_file_names_of_all_kinds(api: Api, disposition: str, name: str) -> None:
    body = _part('name="group"', "全営業所".encode()) + _part(disposition, make_pdf(1), end=True)
    answer = _raw(api, body)
    assert answer.status_code == 201, answer.text
    assert answer.json["documents"][0]["name"] == name


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", FORM, 400),
        (b"no boundary at all", FORM, 400),
        (_part('name="group"', b"all.rec"), FORM, 400),
        (_part('name="document"; filename="x.pdf"', b"%PDF-1.4 cut off"), FORM, 400),
        (b"--boundary\r\n\r\nno disposition\r\n--boundary--\r\n", FORM, 400),
        (_part('name="group"', b"\xff\xfe", end=True), FORM, 400),
        (_part('name="picture"; filename="x.pdf"', b"x", end=True), FORM, 400),
        (_part('name="group"', b"x" * 20_000, end=True), FORM, 413),
        (b"x" * (5 << 20), FORM, 413),
        (b"--boundary\r\nX: " + b"y" * (5 << 20), FORM, 413),
        (_part('name="group"', b"x") * 20_001, FORM, 413),
        (b"".join(_part('name="document"; filename="x"', b"x") for _ in range(101)), FORM, 400),
        (b"{}", "application/json", 415),
        (b"x", "multipart/mixed; boundary=boundary", 415),
        (b"x", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=" + "x" * 500, 400),
        (b"x", "", 415),
    ],
    ids=range(17),
)
def test_hostile_and_broken_bodies_are_refused(api: Api, body: bytes, content_type: str, status: int) -> None:
    answer = _raw(api, body, content_type)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"


def test_a_document_over_the_limit_is_refused_before_it_is_read_whole(api: Api) -> None:
    settings = api.services.settings
    object.__setattr__(settings, "max_document_mb", 1)
    try:
        answer = _raw(api, _part('name="document"; filename="x.pdf"', b"%PDF" + b"x" * (3 << 20), end=True))
    finally:
        object.__setattr__(settings, "max_document_mb", 2048)
    assert answer.status_code == 413
    assert "larger than the 1 MB" in answer.json["detail"]


def test_a_full_disk_is_told_as_later(api: Api) -> None:
    spool = api.services.spool
    spool.reserve = 1 << 62
    try:
        answer = _submit(api)
    finally:
        spool.reserve = 0
    assert answer.status_code == 507
    assert int(answer.headers["Retry-After"]) > 0


def test_senders_see_their_own_jobs_and_operators_all(api: Api) -> None:
    job = _submit(api).json["id"]
    assert api.call("GET", f"/api/v1/jobs/{job}", Role.OPERATOR).status_code == 200
    for path in ("", "/deliveries", "/deliveries/1", "/documents/1", "/thumbnail", "/receipts"):
        assert api.call("GET", f"/api/v1/jobs/{job}{path}", Role.DEVICE).status_code == 404
    assert api.call("POST", f"/api/v1/jobs/{job}/cancel", Role.DEVICE).status_code == 404
    assert api.call("GET", "/api/v1/jobs", Role.RECEIVER).json == {"jobs": [], "next": None}


def test_jobs_and_deliveries_come_in_pages(api: Api) -> None:
    made = [_submit(api, Role.DEVICE, group="all.rec").json["id"] for _ in range(3)]
    first = api.call("GET", "/api/v1/jobs?limit=2", Role.DEVICE).json
    second = api.call("GET", f"/api/v1/jobs?limit=2&before={first['next']}", Role.DEVICE).json  # type: ignore[index]
    assert [j["id"] for j in [*first["jobs"], *second["jobs"]]] == made[::-1]  # type: ignore[index]
    deliveries = f"/api/v1/jobs/{made[0]}/deliveries"
    page = api.call("GET", f"{deliveries}?limit=3", Role.DEVICE).json
    rest = api.call("GET", f"{deliveries}?limit=3&after={page['next']}", Role.DEVICE).json  # type: ignore[index]
    assert [d["number"] for d in [*page["deliveries"], *rest["deliveries"]]] == [1, 2, 3, 4, 5]  # type: ignore[index]
    assert rest["next"] is None  # type: ignore[index]
    assert api.call("GET", "/api/v1/jobs?state=aborted&state=canceled", Role.DEVICE).json["jobs"] == []  # type: ignore[index]


def test_only_what_changed_is_sent_again(api: Api) -> None:
    job = api.services.query.get(_submit(api).json["id"], OPERATOR)
    deliveries = f"/api/v1/jobs/{job.id}/deliveries"
    assert len(api.call("GET", deliveries).json["deliveries"]) == 3  # type: ignore[index]
    with api.services.database.begin() as connection:
        connection.exec_driver_sql("UPDATE ds_delivery SET updated = updated - 3600")
    later = f"{deliveries}?changed_since=" + api.call("GET", deliveries).json["as_of"].replace("+", "%2B")  # type: ignore[index]
    assert api.call("GET", later).json["deliveries"] == []  # type: ignore[index]
    api.move(job, [2], DeliveryState.PROCESSING)
    assert [d["number"] for d in api.call("GET", later).json["deliveries"]] == [2]  # type: ignore[index]


def test_changes_are_asked_for_by_the_time_of_the_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """N4: who asks a machine whose clock is an hour ahead misses none, neither a program nor the board."""
    job = _submit(api).json["id"]
    behind = dataclasses.replace(api.services, clock=lambda: time.time() - 3600)
    monkeypatch.setattr(api, "app", create_app(behind))
    page = api.call("GET", f"/api/v1/jobs/{job}/deliveries").json
    assert page is not None
    times = [datetime.fromisoformat(page["as_of"]).timestamp()]
    browser = api.sign_in()
    times.append(float(re.findall(r'data-cursor="([0-9.]+)"', browser.get(f"/jobs/{job}").text)[0]))
    times.append(float(browser.get(f"/jobs/{job}/live?since=0").json["cursor"]))  # type: ignore[index]
    assert all(-10 < time.time() - 3600 - each < 60 for each in times)


def test_hold_release_cancel_and_retry_answer_what_they_did(api: Api) -> None:
    job = _submit(api).json["id"]
    path = f"/api/v1/jobs/{job}"
    assert api.call("POST", f"{path}/hold").json["job"]["state"] == "pending-held"  # type: ignore[index]
    assert api.call("POST", f"{path}/release").json["job"]["state"] == "pending"  # type: ignore[index]
    one = api.call("POST", f"{path}/cancel", Role.SENDER, json={"deliveries": [2]}).json
    assert (one["changed"], one["job"]["counts"]["canceled"]) == (1, 1)  # type: ignore[index]
    rest = api.call("POST", f"{path}/cancel", Role.SENDER).json
    assert (rest["changed"], rest["job"]["state"]) == (2, "canceled")  # type: ignore[index]
    assert api.call("POST", f"{path}/retry").status_code == 409
    again = api.call("POST", f"{path}/retry", json={"deliveries": [2]}).json
    assert (again["changed"], again["job"]["counts"]["pending"]) == (1, 1)  # type: ignore[index]
    assert api.call("POST", f"{path}/cancel", json={"deliveries": ["x"]}).status_code == 422
    assert api.call("POST", "/api/v1/jobs/unknown/cancel").status_code == 404


def test_document_thumbnail_attempts_and_receipts(api: Api) -> None:
    path = f"/api/v1/jobs/{_submit(api).json['id']}"
    document = api.call("GET", f"{path}/documents/1")
    assert document.data == make_pdf(2) or document.data.startswith(b"%PDF")
    assert "attachment" in document.headers["Content-Disposition"]
    assert api.call("GET", f"{path}/documents/2").status_code == 404
    assert api.call("GET", f"{path}/thumbnail").data.startswith(b"\x89PNG")
    assert api.call("GET", f"{path}/deliveries/1").json["history"] == []  # type: ignore[index]
    assert api.call("GET", f"{path}/deliveries/99").status_code == 404
    assert "札幌支店" in api.call("GET", f"{path}/receipts").data.decode("utf-8-sig")
    assert len(api.call("GET", f"{path}/receipts?format=json").json["deliveries"]) == 3  # type: ignore[index]


def test_an_upload_that_breaks_off_leaves_nothing(api: Api) -> None:
    """The client promises more than it sends, as when a line drops."""
    whole = _part('name="group"', b"all.rec") + _part('name="document"; filename="x.pdf"', make_pdf(2), end=True)
    answer = _stream(api, io.BytesIO(whole[: len(whole) // 2]), len(whole))
    assert answer.status_code == 400
    assert "broke off" in answer.json["detail"]
    assert api.incoming() == []


def test_uploads_do_not_pass_through_memory_or_the_temporary_folder(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 64 << 20
    head = _part('name="group"', b"all.rec") + _part('name="document"; filename="x.pdf"')[:-2]
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    tracemalloc.start()
    try:
        answer = _stream(api, Zeros(head, size, tail), len(head) + size + len(tail))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 422, answer.text  # zeros are no document
    assert peak < size // 8


def _stream(api: Api, body: Any, length: int) -> Any:
    environ = {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": FORM}
    return api.call("POST", "/api/v1/jobs", Role.SENDER, environ_overrides=environ)


class Zeros(io.RawIOBase):
    """`size` zeros between head and tail, made as they are read."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self._head, self._left, self._tail = head, size, tail

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head or bytes(min(len(buffer), self._left)) or self._tail
        data = data[: len(buffer)]
        if self._head:
            self._head = self._head[len(data) :]
        elif self._left:
            self._left -= len(data)
        else:
            self._tail = self._tail[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def test_paper_is_named_as_people_do(api: Api) -> None:
    for written in ("A4", "a4", "iso_a4_210x297mm"):
        assert _submit(api, media=written).json["options"]["media"] == "iso_a4_210x297mm"
    refused = _submit(api, media="rubbish")
    assert refused.status_code == 422
    assert refused.json["detail"].startswith("media: 'rubbish' is no paper: write one of A3 A4")


def test_pages_and_layout_are_chosen(api: Api) -> None:
    """D4: and the receipts say how many sides will come out."""
    asked = {"page_ranges": "2-, 1", "number_up": "2", "orientation": "reverse-landscape", "scaling": "fill"}
    job = _submit(api, copies="3", **asked).json
    chosen = {name: job["options"][name] for name in asked}
    assert chosen == {"page_ranges": "1-", "number_up": 2, "orientation": "reverse-landscape", "scaling": "fill"}
    deliveries = api.call("GET", f"/api/v1/jobs/{job['id']}/deliveries", Role.SENDER).json["deliveries"]
    assert {delivery["pages_total"] for delivery in deliveries} == {3}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("page_ranges", "3-1", "page_ranges: '3-1' ends before it begins: write 1-3"),
        ("page_ranges", "all", "page_ranges: 'all' is no range of pages: write for example 1-3,7 or 5-"),
        ("page_ranges", "3-9", "none of the chosen pages (3-9) is there: there are 2 pages in all"),
        ("number_up", "3", "number_up: is none of 1, 2, 4, 6, 9 or 16"),
        ("number_up", "two", "number_up: is none of 1, 2, 4, 6, 9 or 16"),
        ("orientation", "sideways", "orientation: is none of 'portrait', 'landscape', "),
        ("scaling", "huge", "scaling: is none of 'auto', 'auto-fit', 'fill', 'fit' or 'none'"),
    ],
)
def test_a_layout_that_makes_no_sense_is_told(api: Api, field: str, value: str, words: str) -> None:
    refused = _submit(api, **{field: value})
    assert refused.status_code in (400, 422)
    assert refused.json["detail"].startswith(words)


def test_of_several_files_the_bad_one_is_named(api: Api) -> None:
    files = [(io.BytesIO(make_pdf(1)), "一.pdf"), (io.BytesIO(b"no document"), "二.pdf")]
    refused = _submit(api, document=files)
    assert (refused.status_code, refused.json["detail"].startswith("'二.pdf': ")) == (422, True)


def test_a_number_that_the_job_does_not_have_is_told(api: Api) -> None:
    job = _submit(api).json
    for operation in ("retry", "cancel"):
        path = f"/api/v1/jobs/{job['id']}/{operation}"
        refused = api.call("POST", path, Role.SENDER, json={"deliveries": [1, 9]})
        total = job["counts"]["total"]
        assert refused.status_code == 404
        assert refused.json["detail"].endswith(f"has no delivery 9: its deliveries are numbered from 1 to {total}")


def test_what_comes_after_the_end_is_told_so(api: Api) -> None:
    job = _submit(api).json["id"]
    assert "canceled" in api.call("POST", f"/api/v1/jobs/{job}/cancel", Role.SENDER).json["message"]
    for operation in ("cancel", "hold"):
        answer = api.call("POST", f"/api/v1/jobs/{job}/{operation}", Role.SENDER)
        assert (answer.status_code, answer.json["message"]) == (
            200,
            f"job {job} has ended already: nothing is changed",
        )
