"""Who gets onto the board: signing in, sessions, access rules, CSRF, headers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from distserver.accounts.access import find_rule
from distserver.model.accounts import Role
from tests.support.board import ADMIN, PASSWORD, Board, read_token


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    board = Board(tmp_path_factory.mktemp("board"))
    for name, role in (("sue", Role.SENDER), ("rex", Role.RECEIVER), ("ann", Role.OPERATOR)):
        board.add_user(name, role)
    yield board
    board.close()


def sign_in(client: FlaskClient, name: str, password: str, target: str = "") -> tuple[int, str]:
    """Status and where it leads."""
    data = {"name": name, "password": password, "next": target, "csrf_token": read_token(client)}
    answer = client.post("/sign-in", data=data)
    return answer.status_code, answer.headers.get("Location", "")


def test_every_route_states_who_may_use_it(board: Board) -> None:
    without = [
        rule.endpoint
        for rule in board.app.url_map.iter_rules()
        if find_rule(board.app.view_functions[rule.endpoint]) is None
    ]
    assert without == []


def test_without_signing_in_there_is_nothing_but_the_form_and_its_looks(board: Board) -> None:
    client = board.app.test_client()
    for rule in board.app.url_map.iter_rules():
        if rule.rule.startswith("/api") or rule.rule in ("/healthz", "/metrics"):
            continue
        path = rule.rule.replace("<job_id>", "x").replace("<int:number>", "1").replace("<path:file>", "all.rec")
        for method in {"GET", "POST"} & set(rule.methods or ()):
            answer = client.open(path.replace("<name>", "board.css"), method=method)
            if rule.endpoint in ("sessions.sign_in", "board.asset"):
                assert answer.status_code == 200
            elif rule.endpoint == "sessions.begin":
                assert answer.status_code == 409  # no token
            else:
                assert answer.status_code in (302, 401), path
                assert "/sign-in" in answer.headers.get("Location", "/sign-in")


def test_sign_in_leads_to_the_page_that_was_asked_for(board: Board) -> None:
    client = board.app.test_client()
    assert client.get("/groups?q=x").headers["Location"].endswith("/sign-in?next=/groups?q%3Dx")
    assert sign_in(client, "admin", PASSWORD, "/groups?q=x") == (303, "/groups?q=x")
    assert client.get("/groups").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
    ],
)
def test_sign_in_never_leads_to_another_site(board: Board, target: str) -> None:
    assert sign_in(board.app.test_client(), "admin", PASSWORD, target) == (303, "/")


def test_wrong_password_is_told_and_many_are_slowed_down(board: Board) -> None:
    client = board.app.test_client()
    statuses = [sign_in(client, "nobody", "wrong")[0] for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    data = {"name": "nobody", "password": "wrong", "csrf_token": read_token(client)}
    page = client.post("/sign-in", data=data).text
    assert "oo many wrong tries" in page
    assert 'value="nobody"' in page


def test_session_ends_when_the_password_changes(board: Board) -> None:
    client = board.sign_in("sue")
    assert client.get("/jobs").status_code == 200
    board.services.accounts.set_password("sue", PASSWORD, ADMIN)
    assert client.get("/jobs").status_code == 302


def test_session_ends_when_the_user_is_disabled(board: Board) -> None:
    client = board.sign_in("ann")
    board.services.accounts.disable_user("ann", ADMIN)
    assert client.get("/").status_code == 302


def test_session_ends_after_the_hours_of_the_setting(board: Board) -> None:
    client = board.sign_in()
    with client.session_transaction() as session:
        session["began"] -= board.services.settings.session_hours * 3600 + 1
    assert client.get("/").status_code == 302


def test_sign_out(board: Board) -> None:
    client = board.sign_in()
    assert client.post("/sign-out", data={"csrf_token": read_token(client, "/")}).status_code == 303
    assert client.get("/").status_code == 302


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(board: Board) -> None:
    client = board.app.test_client()
    data = {"name": "admin", "password": PASSWORD, "csrf_token": read_token(client)}
    cookie = client.post("/sign-in", data=data).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_pages_allow_no_foreign_or_inline_script(board: Board) -> None:
    client = board.sign_in()
    for path in ("/", "/jobs", "/send", "/groups", "/wall", "/jobs/nosuch"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert " style=" not in answer.text
        assert "<script>" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/send", "/send/files", "/send/count", "/jobs/x/cancel", "/jobs/x/retry", "/sign-out"]
)
def test_nothing_is_done_without_the_token_of_a_page(board: Board, path: str) -> None:
    client = board.sign_in()
    answer = client.post(path, data={"title": "x"}, content_type="multipart/form-data")
    assert answer.status_code == 409
    assert "load it again" in answer.text
    answer = client.post(path, data={"title": "x", "csrf_token": "forged"}, content_type="multipart/form-data")
    assert answer.status_code == 409


def test_receiver_looks_but_does_not_send(board: Board) -> None:
    client = board.sign_in("rex")
    assert client.get("/jobs").status_code == 200
    assert "Send a document" not in client.get("/").text
    answer = client.get("/send")
    assert answer.status_code == 403
    assert "you are signed in as receiver" in answer.text


def test_sender_does_not_see_the_jobs_of_others(board: Board) -> None:
    job = board.submit("Not for Sue")
    client = board.sign_in("sue")
    assert "Not for Sue" not in client.get("/jobs").text
    for tail in ("", "/live", "/receipts", "/receipts.csv", "/receipts.json", "/thumbnail", "/deliveries/1"):
        assert client.get(f"/jobs/{job.id}{tail}").status_code == 404


def test_looks_may_be_kept_by_browsers_under_their_digest_only(board: Board) -> None:
    client = board.app.test_client()
    assert "immutable" in client.get("/assets/board.css?v=1").headers["Cache-Control"]
    assert "immutable" not in client.get("/assets/board.css").headers["Cache-Control"]
    assert client.get("/assets/../__init__.py").status_code == 404
    assert client.get("/assets/..%2f__init__.py").status_code == 404
