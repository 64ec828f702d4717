"""Who stands at a panel: accounts of a real server, cards, and what happens while the server is away (SPEC D5)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.device import wait_for_jobs
from tests.support.panel import Office, run_office
from tests.support.patience import wait_until

PASSWORDS = {"anna": "correct horse battery", "bob": "staple of the house", "olga": "operators have words"}
CARD = "0012345678"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with run_office(tmp_path_factory.mktemp("office"), log_in="users", idle_seconds=600) as office:
        for user, role in (("anna", "sender"), ("bob", "sender"), ("olga", "operator")):
            done = office.server.command(
                "user", "add", user, "--role", role, "--password-stdin", stdin=PASSWORDS[user] + "\n"
            )
            assert done.returncode == 0, done.stderr
        yield office


@pytest.fixture(autouse=True)
def _tidy(office: Office) -> Iterator[None]:
    yield
    office.panel.ask("POST", "/api/task/stop")
    office.panel.ask("POST", "/api/log-out")


def test_nothing_is_to_be_had_without_log_in(office: Office) -> None:
    for path in ("/api/groups", "/api/documents", "/api/media", "/api/waiting", "/api/jobs", "/api/memberships"):
        answer = office.panel.ask("GET", path)
        assert (answer.status, answer.body["error"]) == (401, "log-in-first"), path
    for path in ("/api/tasks", "/api/task/start", "/api/task/stop", "/api/memberships", "/api/recipients"):
        assert office.panel.ask("POST", path, {"kind": "copy"}).status == 401, path
    state = office.panel.get("/api/state")
    assert state["seat"] is None
    assert state["task"] is None


def test_the_server_says_who_may_in(office: Office) -> None:
    panel = office.panel
    refused = panel.ask("POST", "/api/log-in", {"user": "anna", "password": "not hers at all"})
    assert (refused.status, refused.body["error"]) == (401, "wrong-password")
    assert panel.ask("POST", "/api/log-in", {"user": "anna"}).status == 400
    seat = panel.log_in("anna", PASSWORDS["anna"])
    assert (seat["user"], seat["operator"], seat["offline"]) == ("anna", False, False)
    assert panel.log_in("olga", PASSWORDS["olga"])["operator"]


def test_a_job_belongs_to_who_sent_it_and_others_do_not_see_it(office: Office) -> None:
    panel = office.panel
    panel.log_in("anna", PASSWORDS["anna"])
    panel.lay_text()
    panel.post("/api/tasks", kind="distribute-document", groups=["sales.rec"], title="Annas notice", review=False)
    task = panel.wait_for("done", "failed")
    assert task["step"] == "done", task
    assert office.server.job(task["job"]["id"])["sender"] == "anna"
    assert [one["title"] for one in panel.get("/api/jobs")["jobs"]] == ["Annas notice"]
    assert {one["state"] for one in panel.get(f"/api/jobs/{task['job']['id']}")["deliveries"]} == {"completed"}
    panel.log_in("bob", PASSWORDS["bob"])
    assert panel.task() is None
    assert panel.get("/api/jobs")["jobs"] == []
    assert panel.ask("GET", f"/api/jobs/{task['job']['id']}").status == 404


def test_private_documents_are_their_owners_and_shared_ones_everybodys(office: Office) -> None:
    panel = office.panel
    panel.log_in("anna", PASSWORDS["anna"])
    ids = []
    for private in (True, False):
        panel.lay_text()
        panel.post("/api/tasks", kind="store", title="kept", private=private)
        ids.append(panel.wait_for("done", "failed")["document"]["id"])
    panel.log_in("bob", PASSWORDS["bob"])
    assert [one["id"] for one in panel.get("/api/documents")["documents"]] == [ids[1]]
    refused = panel.ask("GET", f"/api/documents/{ids[0]}/pages/1.jpg")
    assert (refused.status, refused.body["error"]) == (403, "image-not-yours")
    assert panel.ask("DELETE", f"/api/documents/{ids[1]}").status == 403
    panel.log_in("olga", PASSWORDS["olga"])
    assert len(panel.get("/api/documents")["documents"]) == 2
    for image_id in ids:
        assert panel.ask("DELETE", f"/api/documents/{image_id}").status == 200
    assert panel.get("/api/documents")["documents"] == []


def test_a_card_is_registered_once_and_lets_in_from_then_on(office: Office) -> None:
    panel = office.panel
    unknown = panel.ask("POST", "/api/log-in", {"card": CARD})
    assert (unknown.status, unknown.body["error"]) == (401, "card-unknown")
    panel.log_in("anna", PASSWORDS["anna"])
    panel.post("/api/card", card=CARD)
    panel.post("/api/log-out")
    assert panel.post("/api/log-in", card=CARD)["user"] == "anna"


def test_while_the_server_is_away_a_document_waits_and_goes_by_itself(office: Office) -> None:
    panel, server = office.panel, office.server
    panel.log_in("anna", PASSWORDS["anna"])
    panel.get("/api/groups")
    before = len([one for one in office.devices[1].tray.iterdir() if one.name[:1] != "."])
    server.process.terminate()
    server.process.wait(60)
    assert panel.log_in("anna", PASSWORDS["anna"])["offline"]
    assert panel.ask("POST", "/api/log-in", {"user": "bob", "password": "no"}).body["error"] == "server-down"
    panel.log_in("anna", PASSWORDS["anna"])
    groups = panel.get("/api/groups")
    assert groups["stale"]
    assert "sales" in [one["name"] for one in groups["groups"]]
    panel.lay_text(pages=2)
    panel.post("/api/tasks", kind="distribute-document", groups=["sales.rec"], title="Later", review=False)
    task = panel.wait_for("waiting", "failed")
    assert task["step"] == "waiting", task
    [order] = panel.get("/api/waiting")["waiting"]
    assert order["title"] == "Later"
    panel.post("/api/log-out")
    server.start_again()
    server.wait_until_healthy()
    jobs = wait_for_jobs(office.devices[1].tray, before + 1)
    assert jobs[-1].record["pages"] == 2
    panel.log_in("anna", PASSWORDS["anna"])
    # The paper lies there before the panel has heard that the server took the document.
    wait_until(lambda: panel.get("/api/waiting")["waiting"] == [], lambda: panel.get("/api/waiting"))
    wait_until(lambda: panel.get("/api/documents")["documents"] == [], lambda: panel.get("/api/documents"))
    [job] = [one for one in panel.get("/api/jobs")["jobs"] if one["title"] == "Later"]
    assert job["sender"] == "anna"


def test_who_loses_their_account_sends_nothing_more(office: Office) -> None:
    panel = office.panel
    panel.log_in("bob", PASSWORDS["bob"])
    done = office.server.command("user", "disable", "bob")
    assert done.returncode == 0, done.stderr
    panel.lay_text()
    panel.post("/api/tasks", kind="distribute-document", groups=["sales.rec"], title="Too late", review=False)
    assert panel.wait_for("waiting", "failed", "review")["step"] == "waiting"
    [order] = panel.get("/api/waiting")["waiting"]
    assert (order["error"], order["mine"]) == ("sign-in-needed", True)
    assert panel.ask("POST", "/api/log-in", {"user": "bob", "password": PASSWORDS["bob"]}).status == 401
