"""Devices on the board: who has a token, codes, cards; for administrators alone (N7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from distserver.errors import WrongProof
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from tests.support.board import ADMIN, Board, read_token
from tests.support.patience import wait_until

SAPPORO = "ipp://sapporo.example.org/ipp/print"
_CODE = re.compile(r'class="code">(\d{4} \d{4})<')


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    made = Board(tmp_path)
    for role in (Role.OPERATOR, Role.SENDER):
        made.add_user(role.value, role)
    yield made
    made.close()


def test_only_administrators_see_the_page_and_its_place_in_the_menu(board: Board) -> None:
    assert 'href="/devices"' in board.sign_in().get("/").text
    for name in ("operator", "sender"):
        client = board.sign_in(name)
        assert 'href="/devices"' not in client.get("/").text
        assert client.get("/devices").status_code == 403
        csrf = read_token(client, "/send")
        for path in ("/devices/code", "/devices/revoke", "/devices/cards/remove"):
            assert client.post(path, data={"csrf_token": csrf, "address": "sapporo.example.org"}).status_code == 403
    assert board.services.enrolments.list_codes(ADMIN) == []


def test_a_code_is_shown_once_and_is_the_right_one(board: Board) -> None:
    client = board.sign_in()
    data = {"csrf_token": read_token(client, "/devices"), "address": "札幌支店"}
    answer = client.post("/devices/code", data=data)
    shown = _CODE.search(answer.text)
    assert shown is not None
    assert answer.headers["Cache-Control"] == "no-store"
    later = client.get("/devices").text
    assert _CODE.search(later) is None
    assert "sapporo" in later
    found = board.services.enrolments.take("sapporo.example.org", shown[1], "192.0.2.1")
    assert (found.where.name, found.where.address.uri) == ("札幌支店", SAPPORO)
    actions = {entry.action: entry.who for entry in board.services.accounts.list_audit(ADMIN, limit=5)}
    assert (actions["enrolment-code"], actions["token-create"]) == ("admin", SAPPORO)
    assert shown[1].replace(" ", "") not in str(board.services.accounts.list_audit(ADMIN))


def test_of_a_pc_the_command_is_shown_that_asks_for_the_code(board: Board) -> None:
    path = board.services.settings.groups_dir / "all.rec"
    path.write_text(path.read_text(encoding="utf-8") + "pc:2F(a)&b; 受付\n", encoding="utf-8")
    client = board.sign_in()
    data = {"csrf_token": read_token(client, "/devices"), "address": "受付"}
    wait_until(lambda: "受付" in client.get("/devices").text)
    answer = client.post("/devices/code", data=data)
    shown = _CODE.search(answer.text)
    assert shown is not None
    assert "<code>deploy/install-pc-client http://localhost 'pc:2F(a)&b'</code>" in unescape(answer.text)


def test_a_form_without_its_token_changes_nothing(board: Board) -> None:
    client = board.sign_in()
    assert client.post("/devices/code", data={"address": "sapporo.example.org"}).status_code == 409
    assert board.services.enrolments.list_codes(ADMIN) == []


def test_devices_that_all_rec_lacks_are_marked_and_revoked_ones_are_gone(board: Board) -> None:
    accounts = board.services.accounts
    gone, _ = accounts.create_token("osaka.example.org", Role.DEVICE, "", ADMIN)
    accounts.revoke_token(gone.id, ADMIN)
    accounts.create_token("stranger.example.org", Role.DEVICE, "<b>Note</b>", ADMIN)
    user, _ = accounts.create_token("admin", Role.SENDER, "script", ADMIN)
    page = board.sign_in().get("/devices").text
    assert page.count("not in all.rec") == 1
    assert "&lt;b&gt;Note" in page
    assert gone.id not in page
    assert user.id not in page


def test_what_is_gone_already_is_told(board: Board) -> None:
    client = board.sign_in()
    csrf = read_token(client, "/devices")
    for path, field in (("/devices/revoke", "token"), ("/devices/cards/remove", "card"), ("/devices/code", "address")):
        answer = client.post(path, data={"csrf_token": csrf, field: ""}, follow_redirects=True)
        assert (answer.status_code, 'class="note bad"' in answer.text) == (200, True)


def test_enrolment_is_for_administrators(board: Board) -> None:
    for role in (Role.OPERATOR, Role.SENDER, Role.DEVICE):
        with pytest.raises(Exception, match="only an administrator"):
            board.services.enrolments.make_code("sapporo.example.org", Actor("x", role))


def test_wrong_codes_from_one_address_are_slowed_down(board: Board) -> None:
    post = board.app.test_client().post
    answers = [
        post("/api/v1/enrolments", json={"address": "sapporo.example.org", "code": f"0000 000{number}"})
        for number in range(8)
    ]
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    assert (answers[-1].status_code, answers[-1].json["reason"]) == (429, "locked-out")  # type: ignore[index]
    code = board.services.enrolments.make_code("sapporo.example.org", ADMIN).digits
    elsewhere = post(
        "/api/v1/enrolments",
        json={"address": "sapporo.example.org", "code": code},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert elsewhere.status_code == 201
    with pytest.raises(WrongProof):
        board.services.enrolments.take("sapporo.example.org", code, "192.0.2.8")


def test_strangers_hear_nothing_of_all_rec(board: Board) -> None:
    post = board.app.test_client().post
    said = {
        (answer.status_code, answer.json["detail"], answer.json["reason"])  # type: ignore[index]
        for address in ("sapporo.example.org", "nowhere.example.org", "札幌支店")
        for answer in [post("/api/v1/enrolments", json={"address": address, "code": "1234 5678"})]
    }
    assert len(said) == 1
