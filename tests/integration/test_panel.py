"""The panel's program on a real server, with devices that print: from the feeder to paper in the trays (D5 to D10)."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.device import wait_for_jobs
from tests.support.panel import Office, run_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with run_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(autouse=True)
def _tidy(office: Office) -> Iterator[None]:
    yield
    office.panel.ask("POST", "/api/task/stop")


def _count(office: Office) -> list[int]:
    return [len([one for one in device.tray.iterdir() if one.name[:1] != "."]) for device in office.devices]


def test_the_groups_are_those_of_the_server_numbered_from_1(office: Office) -> None:
    said = office.panel.get("/api/groups")
    assert [(one["number"], one["name"]) for one in said["groups"]] == [
        (1, "everybody"),
        (2, "nobody yet"),
        (3, "sales"),
    ]
    assert not said["stale"]


def test_a_document_goes_from_the_feeder_to_all_trays_and_is_erased(office: Office) -> None:
    panel, before = office.panel, _count(office)
    panel.lay_text(pages=2)
    panel.post("/api/tasks", kind="distribute-document", groups=["all.rec"], title="Notice")
    task = panel.wait_for("review", "failed")
    assert (task["step"], task["document"]["pages"]) == ("review", 2)
    who = panel.ask("POST", "/api/recipients", {"groups": ["all.rec"]}).body
    assert (who["total"], who["troubled"]) == (3, 0)
    assert panel.get("/api/task/pages/1.jpg?size=large")[:2] == b"\xff\xd8"
    panel.post("/api/task/start", copies=1)
    task = panel.wait_for("done", "failed")
    assert task["step"] == "done", task
    assert task["progress"]["done"] == 3
    assert {one["state"] for one in task["deliveries"]} == {"completed"}
    for device, count in zip(office.devices, before, strict=True):
        assert wait_for_jobs(device.tray, count + 1)[-1].record["pages"] == 2
    assert task["job"]["title"] == "Notice"
    assert panel.get("/api/documents")["documents"] == []


def test_copies_come_out_of_the_device_s_own_printer_and_nothing_is_kept(office: Office) -> None:
    before = _count(office)
    office.panel.lay_text(pages=2)
    office.panel.post("/api/tasks", kind="copy", copies=3)
    assert office.panel.wait_for("done", "failed")["step"] == "done"
    assert _count(office) == [before[0] + 1, *before[1:]]
    assert office.panel.get("/api/documents")["documents"] == []


def test_the_device_registers_and_withdraws_itself(office: Office) -> None:
    panel = office.panel
    listed = panel.get("/api/memberships")["groups"]
    assert [(one["name"], one["member"]) for one in listed] == [("nobody yet", False), ("sales", False)]
    numbers = {one["file"]: one["number"] for one in panel.get("/api/groups")["groups"]}
    assert [one["number"] for one in listed] == [numbers[one["file"]] for one in listed]
    first = panel.post("/api/memberships", group="empty.rec", member=True)
    again = panel.post("/api/memberships", group="empty.rec", member=True)
    assert (first["changed"], again["changed"]) == (True, False)
    assert panel.get("/api/memberships")["groups"][0]["member"]
    text = (office.server.home / "groups" / "empty.rec").read_text()
    assert text.count("head office") == 1
    assert panel.post("/api/memberships", group="empty.rec", member=False)["changed"]
    assert "head office" not in (office.server.home / "groups" / "empty.rec").read_text()


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "keyword"),
    [
        ("POST", "/api/tasks", {"kind": "dance"}, {}, 400, "wrong-wish"),
        ("POST", "/api/tasks", {"kind": "copy", "copies": 0}, {}, 400, "wrong-wish"),
        ("POST", "/api/tasks", None, {}, 400, "wrong-request"),
        ("POST", "/api/task/answer", {"answer": "end"}, {}, 409, "not-asked"),
        ("POST", "/api/tasks", {"kind": "take-out", "ids": ["10000000"]}, {}, 404, "image-not-found"),
        ("GET", "/api/documents/10000000", None, {}, 404, "image-not-found"),
        ("GET", "/api/nothing", None, {}, 404, "no-such-page"),
        ("POST", "/api/tasks", {"kind": "copy"}, {"X-Panel": "0"}, 403, "foreign-page"),
        ("GET", "/api/state", None, {"Sec-Fetch-Site": "cross-site"}, 403, "foreign-page"),
        ("GET", "/api/state", None, {"Host": "rebound.example.org:8652"}, 403, "foreign-page"),
        ("GET", "/api/documents/" + "9" * 30, None, {}, 404, "image-not-found"),
        ("DELETE", "/api/documents/" + "9" * 30, None, {}, 404, "image-not-found"),
        ("POST", "/api/recipients", {"groups": [""]}, {}, 400, "wrong-request"),
        ("POST", "/api/recipients", {"groups": ["x" * 1025]}, {}, 400, "wrong-request"),
        ("POST", "/api/jobs/1/retry", {"deliveries": [10**30]}, {}, 400, "wrong-request"),
        ("POST", "/api/log-in", {"card": "カード" * 4}, {}, 400, "wrong-request"),
        ("POST", "/api/memberships", {"group": "nowhere.rec", "member": True}, {}, 404, "unknown-group"),
    ],
)
def test_what_is_wrong_is_refused_with_a_keyword(
    office: Office, method: str, path: str, body: object, headers: dict[str, str], status: int, keyword: str
) -> None:
    answer = office.panel.ask(method, path, body, **headers)  # type: ignore[arg-type]
    if answer.status == 200:  # a task says it at its end
        task = office.panel.wait_for("failed")
        assert task["error"]["error"] == keyword
    else:
        assert (answer.status, answer.body["error"]) == (status, keyword)
        assert answer.body["words"]


@pytest.mark.parametrize("before", ["9" * 30, "-" + "9" * 30])
def test_a_page_of_documents_begins_at_any_number(office: Office, before: str) -> None:
    assert office.panel.get(f"/api/documents?before={before}")["documents"] == []


def test_json_that_is_too_deep_is_refused(office: Office) -> None:
    asked = urllib.request.Request(
        office.panel.url + "api/tasks",
        b"[" * 200_000,
        {"X-Panel": "1", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(asked):
        pass
    with refused.value as said:
        assert (said.code, json.load(said)["error"]) == (400, "wrong-request")
