"""Who stands before a panel: passwords, cards, and grants that let a device act for them and never for more (N7)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from distserver.accounts.grants import SECONDS
from distserver.jobs.quotas import read_quota
from distserver.model.accounts import Role
from tests.support.api import DEVICE, Api
from tests.support.board import ADMIN, PASSWORD, make_pdf

CARD = "04A2F9C1B7"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = Api(tmp_path)
    made.add_user("hanako", Role.SENDER)
    made.add_user("boss", Role.ADMINISTRATOR)
    made.add_user("guest", Role.RECEIVER)
    yield made
    made.close()


def sign_in(api: Api, role: Role = Role.DEVICE, **shown: str) -> TestResponse:
    return api.call("POST", "/api/v1/panel/sign-in", role, json=shown)


def grant_of(api: Api, user: str) -> dict[str, str]:
    answer = sign_in(api, user=user, password=PASSWORD)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json['grant']}"}  # type: ignore[index]


def ask(api: Api, grant: dict[str, str], method: str = "GET", path: str = "/api/v1/me", **more: Any) -> TestResponse:
    return api.call(method, path, None, headers=grant, **more)


def submit(api: Api, grant: dict[str, str]) -> TestResponse:
    form = {"destination": "192.0.2.10", "hold": "true", "document": (io.BytesIO(make_pdf(1)), "a.pdf")}
    return ask(api, grant, "POST", "/api/v1/jobs", data=form)


def audited(api: Api, action: str) -> list[tuple[str, str]]:
    found = api.services.accounts.list_audit(ADMIN, action=action)
    return [(entry.who, entry.detail) for entry in found]


def reason_of(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, (answer.json or {}).get("reason")


def test_a_grant_sends_in_the_users_name_and_says_which_device(api: Api) -> None:
    answer = sign_in(api, user="hanako", password=PASSWORD)
    assert answer.json is not None
    assert {key: answer.json[key] for key in ("user", "role", "language")} == {
        "user": "hanako",
        "role": "sender",
        "language": None,
    }
    grant = {"Authorization": f"Bearer {answer.json['grant']}"}
    job = submit(api, grant)
    assert job.json is not None
    assert (job.status_code, job.json["sender"]) == (201, "hanako")
    assert audited(api, "job-submit")[0] == ("hanako", f"a.pdf (via ipp://{DEVICE}/ipp/print)")
    assert ask(api, grant, "POST", f"/api/v1/jobs/{job.json['id']}/cancel").status_code == 200
    assert audited(api, "job-cancel")[0] == ("hanako", f"via ipp://{DEVICE}/ipp/print")
    assert [one["id"] for one in ask(api, grant, path="/api/v1/jobs").json["jobs"]] == [job.json["id"]]  # type: ignore[index]
    assert audited(api, "sign-in")[0] == ("hanako", f"device ipp://{DEVICE}/ipp/print")


def test_a_grant_never_gives_more_than_a_sender_has(api: Api) -> None:
    answer = sign_in(api, user="boss", password=PASSWORD)
    assert answer.json is not None
    assert answer.json["role"] == "administrator"
    grant = {"Authorization": f"Bearer {answer.json['grant']}"}
    assert ask(api, grant).json["role"] == "sender"  # type: ignore[index]
    for path in ("/api/v1/users", "/api/v1/audit", "/metrics", "/api/v1/destinations/troubled"):
        assert ask(api, grant, path=path).status_code == 403
    assert ask(api, grant, "POST", "/api/v1/tokens", json={"subject": "boss", "role": "sender"}).status_code == 403
    assert ask(api, grant, "POST", "/api/v1/panel/sign-in", json={"user": "a", "password": "b"}).status_code == 403
    looks = grant_of(api, "guest")
    assert ask(api, looks).json["role"] == "receiver"  # type: ignore[index]
    assert submit(api, looks).status_code == 403


def test_what_is_sent_at_a_panel_is_charged_to_who_stands_there(api: Api) -> None:
    api.services.accounts.set_quota("hanako", read_quota("jobs=1/month"), ADMIN)
    grant = grant_of(api, "hanako")
    assert submit(api, grant).status_code == 201
    assert reason_of(submit(api, grant)) == (429, "account-limit-reached")
    assert ask(api, grant).json["allowances"][0]["left"] == 0  # type: ignore[index]
    assert submit(api, grant_of(api, "boss")).status_code == 201
    assert submit(api, api.headers(Role.DEVICE)).status_code == 201


def test_a_group_lets_in_who_stands_there_and_not_the_device(api: Api) -> None:
    path = api.services.settings.groups_dir / "develop.rec"
    path.write_text("# Board\n# develop.rec\n# senders: hanako\n192.0.2.10; Sendai\n", encoding="utf-8")
    api.services.groups.catch_up()
    asked = {"group": ["develop.rec"]}
    for headers, status in (
        (grant_of(api, "hanako"), 200),
        (grant_of(api, "boss"), 403),
        (api.headers(Role.DEVICE), 403),
    ):
        assert ask(api, headers, "POST", "/api/v1/recipients", json=asked).status_code == status


def test_only_devices_ask_who_stands_before_them(api: Api) -> None:
    for role in Role:
        status = 200 if role is Role.DEVICE else 403
        assert sign_in(api, role, user="hanako", password=PASSWORD).status_code == status
    assert api.call("GET", "/api/v1/users", Role.DEVICE).status_code == 403


def _disable(api: Api) -> None:
    api.services.accounts.disable_user("hanako", ADMIN)


def _disable_and_enable(api: Api) -> None:
    _disable(api)
    api.services.accounts.enable_user("hanako", ADMIN)


def _change_password(api: Api) -> None:
    api.services.accounts.set_password("hanako", "another password", ADMIN)


def _change_role(api: Api) -> None:
    api.services.accounts.set_role("hanako", Role.OPERATOR, ADMIN)


def _revoke_token(api: Api) -> None:
    (token,) = [one for one in api.services.accounts.list_tokens(ADMIN) if one.role is Role.DEVICE]
    api.services.accounts.revoke_token(token.id, ADMIN)


@pytest.mark.parametrize(
    "happens", [_disable, _disable_and_enable, _change_password, _change_role, _revoke_token], ids=lambda f: f.__name__
)
def test_a_grant_dies_with_what_it_stands_on(api: Api, happens: Any) -> None:
    grant = grant_of(api, "hanako")
    assert ask(api, grant).status_code == 200
    happens(api)
    ended = ask(api, grant)
    assert (ended.status_code, "log in again" in ended.text) == (401, True)


def test_a_grant_ends_after_seven_days(api: Api) -> None:
    grant, clock = grant_of(api, "hanako"), api.services.grants._clock
    api.services.grants._clock = lambda: clock() + SECONDS - 60
    assert ask(api, grant).status_code == 200
    api.services.grants._clock = lambda: clock() + SECONDS + 60
    assert ask(api, grant).status_code == 401


def test_a_grant_cannot_be_made_or_changed_by_others(api: Api, tmp_path: Path) -> None:
    grant = grant_of(api, "hanako")["Authorization"].removeprefix("Bearer ")
    payload, _, signature = grant.removeprefix("dg_").rpartition(".")
    (tmp_path / "other").mkdir()
    other = Api(tmp_path / "other")
    other.add_user("hanako", Role.SENDER)
    foreign = grant_of(other, "hanako")["Authorization"].removeprefix("Bearer ")
    other.close()
    seal = api.services.grants._seal
    purpose = seal.sign("another purpose", {"user": "hanako"})
    facts = {"user": "boss", "token": "x", "epoch": 0, "expires": 9e9}
    changed = seal.sign("card", facts).rpartition(".")[0]
    for text in ("", "x.y", payload, f"{changed}.{signature}", purpose, f"dg_{grant}", foreign.removeprefix("dg_")):
        assert ask(api, {"Authorization": f"Bearer dg_{text}"}).status_code == 401, text
    wrong = {"Authorization": "Bearer dg_x.y"}
    assert {ask(api, wrong).status_code for _ in range(25)} == {401, 429}


def test_wrong_passwords_are_told_and_slowed_down_by_device(api: Api) -> None:
    assert reason_of(sign_in(api, user="hanako", password="wrong")) == (401, "wrong-password")
    assert reason_of(sign_in(api, user="nobody", password="wrong")) == (401, "wrong-password")
    answers = [sign_in(api, user="hanako", password="wrong") for _ in range(6)]
    assert reason_of(answers[-1]) == (429, "locked-out")
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert sign_in(api, user="boss", password=PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"user": "hanako"},
        {"password": PASSWORD},
        {"user": "hanako", "password": PASSWORD, "card": CARD},
        {"user": "hanako", "card": CARD},
        {"card": "1234567"},
        {"card": "with space"},
    ],
    ids=json.dumps,
)
def test_who_stands_there_is_shown_in_one_way(api: Api, shown: dict[str, str]) -> None:
    assert sign_in(api, **shown).status_code == 422


def test_a_card_opens_for_the_user_who_registered_it(api: Api) -> None:
    assert reason_of(sign_in(api, card=CARD)) == (401, "card-unknown")
    grant = grant_of(api, "hanako")
    made = ask(api, grant, "POST", "/api/v1/panel/cards", json={"card": CARD})
    again = ask(api, grant, "POST", "/api/v1/panel/cards", json={"card": CARD})
    assert made.json is not None
    assert (made.status_code, made.json["user"], again.json) == (201, "hanako", made.json)
    opened = sign_in(api, card=CARD)
    assert opened.json is not None
    assert opened.json["user"] == "hanako"
    other = ask(api, grant_of(api, "boss"), "POST", "/api/v1/panel/cards", json={"card": CARD})
    assert (other.status_code, "somebody else" in other.text, "hanako" in other.text) == (409, True, False)
    assert audited(api, "card-add") == [("hanako", f"via ipp://{DEVICE}/ipp/print")]
    _disable(api)
    assert reason_of(sign_in(api, card=CARD)) == (401, "card-unknown")
    api.services.accounts.enable_user("hanako", ADMIN)
    assert sign_in(api, card=CARD).status_code == 200
    (card,) = api.services.cards.list(ADMIN)
    assert card.used is not None
    api.services.cards.remove(card.id, ADMIN)
    assert reason_of(sign_in(api, card=CARD)) == (401, "card-unknown")


def test_a_card_is_registered_by_who_stands_there_and_not_by_a_token(api: Api) -> None:
    for role in (Role.ADMINISTRATOR, Role.SENDER, Role.DEVICE):
        assert api.call("POST", "/api/v1/panel/cards", role, json={"card": CARD}).status_code == 403


def test_cards_are_not_to_be_guessed(api: Api) -> None:
    """Neither by trying to open, nor by trying to register; a right one between them forgives nothing."""
    grant = grant_of(api, "hanako")
    ask(api, grant, "POST", "/api/v1/panel/cards", json={"card": CARD})
    boss = grant_of(api, "boss")
    for number in range(5):
        assert reason_of(sign_in(api, card=f"0000000{number}")) == (401, "card-unknown")
        assert sign_in(api, card=CARD).status_code == 200
        assert ask(api, boss, "POST", "/api/v1/panel/cards", json={"card": CARD}).status_code == 409
    assert reason_of(sign_in(api, card="99999999")) == (401, "card-unknown")
    assert reason_of(sign_in(api, card=CARD)) == (429, "locked-out")
    assert reason_of(ask(api, boss, "POST", "/api/v1/panel/cards", json={"card": "77777777"})) == (429, "locked-out")
    assert sign_in(api, user="hanako", password=PASSWORD).status_code == 200


def test_one_user_has_a_few_cards_at_most(api: Api) -> None:
    grant = grant_of(api, "hanako")
    statuses = [
        ask(api, grant, "POST", "/api/v1/panel/cards", json={"card": f"1000000{number:03}"}).status_code
        for number in range(11)
    ]
    assert statuses == [201] * 10 + [409]


def test_no_number_of_a_card_and_no_grant_stands_in_the_database(api: Api) -> None:
    grant = grant_of(api, "hanako")
    ask(api, grant, "POST", "/api/v1/panel/cards", json={"card": CARD})
    kept = b"".join(path.read_bytes() for path in (api.services.settings.home / "store").rglob("*") if path.is_file())
    assert b"card-add" in kept
    assert CARD.encode() not in kept
    assert grant["Authorization"][7:40].encode() not in kept
