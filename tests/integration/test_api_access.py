"""Who may use which operation, tried as every role (N7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from distserver.intake.api.operations import Operation
from distserver.intake.api.routes import OPERATIONS
from distserver.model.accounts import Role
from tests.support.api import Api

EVERYBODY = {*Role} - {Role.WORKER}
WRITERS = {Role.ADMINISTRATOR, Role.OPERATOR, Role.SENDER, Role.DEVICE}
TABLE = {
    "list_groups": EVERYBODY,
    "list_group_errors": EVERYBODY,
    "show_group": EVERYBODY,
    "list_members": EVERYBODY,
    "list_destinations": EVERYBODY,
    "list_troubled": {Role.ADMINISTRATOR, Role.OPERATOR},
    "reopen_destination": {Role.ADMINISTRATOR, Role.OPERATOR},
    "show_terms": {Role.ADMINISTRATOR, Role.OPERATOR},
    "try_destination": {Role.ADMINISTRATOR, Role.OPERATOR},
    "list_received_faxes": {Role.ADMINISTRATOR, Role.OPERATOR},
    "list_fax_calls": {Role.ADMINISTRATOR, Role.OPERATOR},
    "list_fax_modems": {Role.ADMINISTRATOR, Role.OPERATOR},
    "pause_group": {Role.ADMINISTRATOR, Role.OPERATOR},
    "resume_group": {Role.ADMINISTRATOR, Role.OPERATOR},
    "disable_group": {Role.ADMINISTRATOR, Role.OPERATOR},
    "enable_group": {Role.ADMINISTRATOR, Role.OPERATOR},
    "list_memberships": {Role.ADMINISTRATOR, Role.OPERATOR, Role.DEVICE},
    "register_member": {Role.ADMINISTRATOR, Role.OPERATOR, Role.DEVICE},
    "withdraw_member": {Role.ADMINISTRATOR, Role.OPERATOR, Role.DEVICE},
    "list_recipients": WRITERS,
    "submit_job": WRITERS,
    "list_jobs": EVERYBODY,
    "show_job": EVERYBODY,
    "list_deliveries": EVERYBODY,
    "show_delivery": EVERYBODY,
    "export_receipts": EVERYBODY,
    "cancel_job": WRITERS,
    "hold_job": WRITERS,
    "release_job": WRITERS,
    "retry_job": WRITERS,
    "get_document": EVERYBODY,
    "fetch_document": {Role.ADMINISTRATOR, Role.WORKER},
    "get_thumbnail": EVERYBODY,
    "show_me": {*Role},
    "sign_in_at_panel": {Role.DEVICE},
    "list_letters": {Role.DEVICE},
    "take_letter": {Role.DEVICE},
    "show_first_page": {Role.DEVICE},
    "store_letter": {Role.DEVICE},
    "report_trouble": {Role.DEVICE},
    "note_act": {Role.DEVICE},
    "add_card": EVERYBODY - {Role.DEVICE},
    "list_users": {Role.ADMINISTRATOR},
    "create_user": {Role.ADMINISTRATOR},
    "change_user": {Role.ADMINISTRATOR},
    "list_tokens": EVERYBODY,
    "create_token": {Role.ADMINISTRATOR},
    "revoke_token": EVERYBODY,
    "list_audit": {Role.ADMINISTRATOR},
    "show_metrics": {Role.ADMINISTRATOR, Role.OPERATOR},
}
REFUSALS = (401, 403)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("access"))
    yield made
    made.close()


def _guarded() -> list[Operation]:
    return [operation for operation in OPERATIONS if not operation.rule.public]


def _path(operation: Operation) -> str:
    return re.sub(r"<(\w+:)?\w+>", "1", operation.path)


def test_the_table_is_whole() -> None:
    assert {operation.name for operation in _guarded()} == set(TABLE)


@pytest.mark.parametrize("operation", _guarded(), ids=lambda operation: operation.name)
def test_each_role_gets_in_where_it_may_and_nowhere_else(api: Api, operation: Operation) -> None:
    got_in = {role for role in Role if api.call(operation.method, _path(operation), role).status_code not in REFUSALS}
    assert got_in == TABLE[operation.name]
    without = api.call(operation.method, _path(operation), None)
    assert without.status_code == 401
    assert without.headers["WWW-Authenticate"].startswith("Bearer")


def test_wrong_tokens_are_refused_and_then_slowed_down(api: Api) -> None:
    origin = {"REMOTE_ADDR": "192.0.2.99"}
    wrong = {"Authorization": "Bearer ds_wrong"}
    answers = [api.call("GET", "/api/v1/me", None, headers=wrong, environ_base=origin) for _ in range(25)]
    assert (answers[0].status_code, answers[-1].status_code) == (401, 429)
    assert int(answers[-1].headers["Retry-After"]) >= 1
    beside = api.call("GET", "/api/v1/me", Role.SENDER, environ_base=origin)
    assert beside.json == {"name": "sender", "role": "sender", "allowances": []}


def test_other_ways_to_show_who_one_is_are_not_taken(api: Api) -> None:
    for header in ("", "Basic YWRtaW46YWRtaW4=", "Bearer", "Bearer ", api.tokens[Role.SENDER]):
        assert api.call("GET", "/api/v1/me", None, headers={"Authorization": header}).status_code == 401


def test_errors_below_the_api_are_problems_that_say_what_to_do(api: Api) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/jobs", 405),
        ("GET", "/api/v1/groups?x=1", 422),
        ("POST", "/healthz", 405),
    ):
        answer = api.call(method, path)
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["status"] == status
        assert answer.json["detail"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "GET" in api.call("PUT", "/api/v1/jobs").headers["Allow"]


def test_an_error_of_our_own_shows_no_trace_but_an_id_that_the_log_has(api: Api) -> None:
    before = api.services.metrics
    object.__setattr__(api.services, "metrics", lambda: 1 // 0)
    try:
        answer = api.call("GET", "/metrics")
    finally:
        object.__setattr__(api.services, "metrics", before)
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "request id" in answer.text
    assert answer.headers["X-Request-Id"]


def test_bodies_that_are_no_json_or_too_large_are_refused(api: Api) -> None:
    post = {"method": "POST", "path": "/api/v1/users"}
    assert api.call(**post, data="x", content_type="text/plain").status_code == 415
    assert api.call(**post, data="{", content_type="application/json").status_code == 422
    assert api.call(**post, data="[]", content_type="application/json").status_code == 422
    assert api.call(**post, data=b"\xff", content_type="application/json").status_code == 422
    assert api.call(**post, data=b" " * (3 << 20), content_type="application/json").status_code == 413


def test_users_and_tokens_by_the_api(api: Api) -> None:
    made = api.call("POST", "/api/v1/users", json={"name": "太郎", "role": "sender", "password": "ten characters"})
    assert made.status_code == 201
    assert api.call("POST", "/api/v1/users", json={"name": "太郎", "role": "sender"}).status_code == 409
    token = api.call("POST", "/api/v1/tokens", json={"subject": "太郎", "role": "sender", "note": "スクリプト"}).json
    assert token is not None
    shown = {"Authorization": f"Bearer {token['secret']}"}
    assert api.call("GET", "/api/v1/me", None, headers=shown).json == {
        "name": "太郎",
        "role": "sender",
        "allowances": [],
    }
    assert api.call("PATCH", "/api/v1/users/太郎", json={"disabled": True}).json["disabled"] is True  # type: ignore[index]
    assert api.call("GET", "/api/v1/me", None, headers=shown).status_code == 401
    assert api.call("PATCH", "/api/v1/users/太郎", json={}).status_code == 400
    assert api.call("DELETE", f"/api/v1/tokens/{token['id']}").status_code == 204
    actions = [entry["action"] for entry in api.call("GET", "/api/v1/audit?limit=5").json["entries"]]  # type: ignore[index]
    assert {"user-create", "user-disable", "token-create", "token-revoke"} <= set(actions)


def test_health_says_whether_a_job_can_be_accepted(api: Api) -> None:
    answer = api.call("GET", "/healthz", None)
    assert (answer.status_code, answer.json["status"]) == (200, "ok")  # type: ignore[index]
    spool = api.services.spool
    spool.reserve, before = 1 << 62, spool.reserve
    try:
        full = api.call("GET", "/healthz", None)
    finally:
        spool.reserve = before
    assert full.status_code == 503
    assert "free some space" in full.text
    assert api.incoming() == []


def test_where_a_request_says_that_it_comes_from_is_not_believed(api: Api) -> None:
    """Else anybody could go round the pause after wrong tokens."""
    wrong = {"Authorization": "Bearer ds_wrong"}
    statuses = {
        api.call(
            "GET",
            "/api/v1/me",
            None,
            headers={**wrong, "X-Forwarded-For": f"198.51.100.{number}"},
            environ_base={"REMOTE_ADDR": "192.0.2.98"},
        ).status_code
        for number in range(25)
    }
    assert statuses == {401, 429}
