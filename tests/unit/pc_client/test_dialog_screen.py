"""The dialog's screen: its fence, its key, and what its buttons do while no server is there (the e2e test has one)."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from distwire.api.exchange import Patience
from pc_client.sending.desk import SendingDesk
from pc_client.sending.draft import Decision, Draft, Drafts, Wishes
from pc_client.sending.outbox import Outbox
from pc_client.sending.screen.app import make_app
from pc_client.server.access import open_client
from pc_client.settings import PcSettings
from tests.support.documents import make_pdf

SCREEN = {"X-Screen": "1"}
AWAY = PcSettings(server="http://127.0.0.1:1", address="pc:frontdesk", name="Front desk")


@pytest.fixture
def desk(tmp_path: Path) -> SendingDesk:
    client = open_client(AWAY, tmp_path, Patience(connect=2.0, silence=2.0))
    return SendingDesk(tmp_path, AWAY, client, Outbox(tmp_path), Drafts(tmp_path))


@pytest.fixture
def draft(desk: SendingDesk) -> Draft:
    folder = desk.drafts.make_folder()
    make_pdf(folder / "document", pages=2)
    return desk.drafts.open(folder, "a.pdf", Wishes(title="A", copies=3, sides="one-sided"))


@pytest.fixture
def client(desk: SendingDesk) -> Client:
    client = Client(make_app(desk))
    assert post(client, "/api/enter", {"key": desk.keys.make()}).status_code == 200
    return client


def post(client: Client, path: str, body: Any) -> TestResponse:
    return client.post(path, json=body, headers=SCREEN)


def test_it_shows_the_document(client: Client, draft: Draft) -> None:
    shown = client.get(f"/api/drafts/{draft.key}").json
    assert (shown["title"], shown["pages"], shown["copies"], shown["sides"]) == ("A", 2, 3, "one-sided")
    with client.get(f"/api/drafts/{draft.key}/page-1") as picture:
        assert picture.content_type == "image/png"
        assert picture.headers["Cache-Control"] == "no-store"
    with client.get("/") as page:
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_key_opens_it_once(desk: SendingDesk, draft: Draft) -> None:
    key, first, second = desk.keys.make(), Client(make_app(desk)), Client(make_app(desk))
    assert first.get(f"/api/drafts/{draft.key}").status_code == 403
    assert post(first, "/api/enter", {"key": key}).status_code == 200
    assert first.get(f"/api/drafts/{draft.key}").status_code == 200
    assert post(second, "/api/enter", {"key": key}).status_code == 403
    assert second.get(f"/api/drafts/{draft.key}").status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {**SCREEN, "Host": "evil.example"}, {**SCREEN, "Sec-Fetch-Site": "cross-site"}]
)
def test_other_sites_cannot_work_it(client: Client, draft: Draft, headers: dict[str, str]) -> None:
    refused = client.post(f"/api/drafts/{draft.key}/cancel", json={}, headers=headers)
    assert refused.status_code == 403
    assert draft.decision is None


def test_ok_keeps_it_while_the_server_is_away(client: Client, desk: SendingDesk, draft: Draft) -> None:
    answers = {"title": "B", "groups": ["all.rec"], "copies": 2, "sides": "one-sided", "bitmap": "black"}
    said = post(client, f"/api/drafts/{draft.key}/send", answers).json
    assert said["state"] == "kept"
    assert "cannot be reached" in said["words"]
    (order,) = desk.outbox.list_orders()
    assert (order.key, order.title, order.form.copies) == (draft.key, "B", 2)
    assert desk.outbox.document_path(order.key).read_bytes()[:2] in (b"II", b"MM"), "bitmap pages"
    assert draft.decision == Decision("kept", said["words"], "server-away")
    assert desk.describe(draft)["groups"] == ["all.rec"], "remembered for the next one"


@pytest.mark.parametrize("answers", [{"title": "B"}, {"title": "", "groups": ["a"]}, {"title": "B", "copies": 0}, {}])
def test_what_is_incomplete_is_said_and_keeps_the_dialog(
    client: Client, desk: SendingDesk, draft: Draft, answers: dict[str, Any]
) -> None:
    refused = post(client, f"/api/drafts/{draft.key}/send", answers)
    assert refused.status_code == 422
    assert refused.json["words"]
    assert draft.decision is None
    assert desk.outbox.list_orders() == []


def test_cancel_decides_and_what_is_closed_is_gone(client: Client, desk: SendingDesk, draft: Draft) -> None:
    waited = threading.Thread(target=draft.decided.wait)
    waited.start()
    post(client, f"/api/drafts/{draft.key}/cancel", {})
    waited.join()
    assert draft.decision == Decision("canceled")
    desk.drafts.close(draft)
    assert not draft.folder.exists()
    assert client.get(f"/api/drafts/{draft.key}").status_code == 404


def test_nothing_is_registered_without_a_group(client: Client) -> None:
    assert post(client, "/api/register", {"groups": []}).status_code == 422
    assert "cannot be reached" in post(client, "/api/register", {"groups": ["all.rec"]}).json["words"]


def test_what_a_program_left_behind_goes_after_a_week(desk: SendingDesk, draft: Draft) -> None:
    made = draft.folder.stat().st_mtime
    desk.drafts.forget_old(made + 6 * 86400)
    assert draft.folder.exists()
    desk.drafts.keep(draft)
    desk.drafts.forget_old(made + 80 * 86400)
    assert draft.folder.exists(), "nobody else has it"
    (draft.folder / "left.json").unlink()
    desk.drafts.forget_old(draft.folder.stat().st_mtime + 8 * 86400)
    assert not draft.folder.exists()
