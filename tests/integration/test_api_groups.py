"""Groups over the API: lists, registering and withdrawing (D3, D9, D10)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.model.accounts import Role
from tests.support.api import Api
from tests.support.patience import wait_until


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = Api(tmp_path)
    yield made
    made.close()


def test_groups_members_and_destinations_are_sent_on_request(api: Api) -> None:
    """D3: all group names, all destinations, a group's members."""
    groups = api.call("GET", "/api/v1/groups", Role.DEVICE).json["groups"]  # type: ignore[index]
    assert [(g["file"], g["members"], g["errors"]) for g in groups] == [
        ("all.rec", 5, 0),
        ("develop.rec", 1, 1),
        ("eigyou_all.rec", 3, 0),
    ]
    for name in ("全営業所", "eigyou_all.rec", "eigyou_all", "%E5%85%A8%E5%96%B6%E6%A5%AD%E6%89%80"):
        group = api.call("GET", f"/api/v1/groups/{name}").json
        assert group is not None
        assert [d["name"] for d in group["destinations"]] == ["札幌支店", "大阪営業所", "Sendai depot"]
    assert len(api.call("GET", "/api/v1/destinations").json["destinations"]) == 5  # type: ignore[index]
    missing = api.call("GET", "/api/v1/groups/無い")
    assert missing.status_code == 404
    assert "無い" in missing.json["detail"]  # type: ignore[index]


def test_what_is_wrong_with_files_is_told_with_line_and_reason(api: Api) -> None:
    problems = api.call("GET", "/api/v1/groups/errors").json["problems"]  # type: ignore[index]
    assert [(p["file"], p["line"], p["severity"]) for p in problems] == [("develop.rec", 4, "error")]
    assert problems[0]["reason"]


def test_secrets_of_destinations_are_not_sent(tmp_path: Path) -> None:
    api = Api(tmp_path, {"all.rec": "# all\n# all.rec\nx.example.org; X; user=u secret=hush\n"})
    answer = api.call("GET", "/api/v1/destinations", Role.RECEIVER)
    api.close()
    assert answer.json["destinations"][0]["options"] == {"user": "u", "secret": "***"}  # type: ignore[index]
    assert "hush" not in answer.text


def test_a_device_registers_itself_and_nobody_else(api: Api) -> None:
    """D9, D10: twice changes nothing; a device may not speak for another."""
    members = "/api/v1/groups/Product development/members"
    first = api.call("POST", members, Role.DEVICE, json={})
    assert (first.status_code, first.json["changed"]) == (200, True)  # type: ignore[index]
    again = api.call("POST", members, Role.DEVICE, json={"address": "Sapporo.example.org"})
    assert again.json["changed"] is False  # type: ignore[index]
    assert "札幌支店" in (api.services.settings.groups_dir / "develop.rec").read_text()
    other = api.call("POST", members, Role.DEVICE, json={"address": "osaka.example.org"})
    assert other.status_code == 403
    assert api.call("DELETE", members, Role.DEVICE).json["changed"] is True  # type: ignore[index]
    assert api.call("DELETE", members, Role.DEVICE).json["changed"] is False  # type: ignore[index]
    assert "札幌支店" not in (api.services.settings.groups_dir / "develop.rec").read_text()


def test_an_operator_registers_others_and_the_log_says_who(api: Api) -> None:
    members = "/api/v1/groups/develop.rec/members"
    assert api.call("POST", members, Role.OPERATOR, json={}).status_code == 400
    assert api.call("POST", members, Role.OPERATOR, json={"address": "osaka.example.org"}).status_code == 200
    entries = api.call("GET", "/api/v1/audit").json["entries"]  # type: ignore[index]
    assert any(e["who"] == "operator" and "register" in e["action"] for e in entries)
    stranger = api.call("POST", members, Role.OPERATOR, json={"address": "stranger.example.org"})
    assert stranger.status_code == 404
    assert "ask the administrator" in stranger.json["detail"]  # type: ignore[index]
    assert api.call("POST", "/api/v1/groups/all.rec/members", json={"address": "osaka.example.org"}).status_code == 409
    assert api.call("DELETE", f"{members}?address=osaka.example.org", Role.OPERATOR).json["changed"] is True  # type: ignore[index]


def test_a_destination_is_registered_by_its_name_too(api: Api) -> None:
    members = "/api/v1/groups/develop.rec/members"
    answer = api.call("POST", members, Role.OPERATOR, json={"address": "札幌支店"}).json
    assert answer is not None
    assert answer["name"] == "札幌支店"
    assert api.call("DELETE", f"{members}?address=札幌支店", Role.OPERATOR).json["changed"] is True  # type: ignore[index]
    unknown = api.call("POST", members, Role.OPERATOR, json={"address": "no such branch"})
    assert unknown.status_code == 400
    assert unknown.json["detail"].endswith("nor the name of a destination")  # type: ignore[index]
    typed = api.call("POST", members, Role.OPERATOR, json={"address": "札幌 支店"})
    assert "(is '札幌支店' meant?)" in typed.json["detail"]  # type: ignore[index]


def test_who_answers_for_a_group_is_told(tmp_path: Path) -> None:
    """N4: in the list, with the group, and on its page of the board."""
    api = Api(tmp_path, {"a.rec": "# A\n# a.rec\n# owner: hanako@example.org\n192.0.2.1; One\n"})
    try:
        (listed,) = api.call("GET", "/api/v1/groups", Role.SENDER).json["groups"]  # type: ignore[index]
        shown = api.call("GET", "/api/v1/groups/a.rec", Role.SENDER).json
        assert shown is not None
        assert listed["owners"] == shown["owners"] == ["hanako@example.org"]
        assert "hanako@example.org" in api.sign_in().get("/groups/a.rec").text
    finally:
        api.close()


def test_memberships_are_listed_in_one_answer(api: Api) -> None:
    """D9, D10: a device asks about itself, an operator about anybody in all.rec."""
    listed = api.call("GET", "/api/v1/memberships", Role.DEVICE).json
    assert listed is not None
    assert {one["file"]: one["member"] for one in listed["groups"]} == {
        "all.rec": True,
        "develop.rec": False,
        "eigyou_all.rec": True,
    }
    osaka = "/api/v1/memberships?address=osaka.example.org"
    assert api.call("GET", osaka, Role.DEVICE).status_code == 403
    assert api.call("GET", osaka, Role.OPERATOR).json["groups"][2]["member"]  # type: ignore[index]
    assert api.call("GET", "/api/v1/memberships", Role.OPERATOR).status_code == 400
    stranger = api.call("GET", "/api/v1/memberships?address=stranger.example.org", Role.OPERATOR).json
    assert [one["member"] for one in stranger["groups"]] == [False] * 3  # type: ignore[index]
    assert api.call("GET", "/api/v1/memberships", Role.SENDER).status_code == 403


LISTS = ("groups", "members", "destinations", "memberships")


@pytest.mark.parametrize("listed", LISTS)
def test_a_list_is_sent_again_only_where_it_has_changed(api: Api, listed: str) -> None:
    path = f"/api/v1/{listed}"
    first = api.call("GET", path, Role.DEVICE)
    again = api.call("GET", path, Role.DEVICE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    (api.services.groups.directory / "new.rec").write_text("new\nosaka.example.org; Osaka, by another name\n", "utf-8")
    api.services.groups.refresh()
    changed = api.call("GET", path, Role.DEVICE, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_a_group_that_was_stopped_has_changed(api: Api) -> None:
    first = api.call("GET", "/api/v1/groups")
    assert api.call("POST", "/api/v1/groups/develop.rec/pause").status_code == 200
    wait_until(lambda: api.call("GET", "/api/v1/groups").headers["ETag"] != first.headers["ETag"])


def test_memberships_of_two_devices_have_not_one_tag(api: Api) -> None:
    own = api.call("GET", "/api/v1/memberships", Role.DEVICE)
    query = {"address": "osaka.example.org"}
    other = api.call("GET", "/api/v1/memberships", query_string=query, headers={"If-None-Match": own.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("listed", LISTS)
def test_a_tag_tells_nothing_of_a_secret(tmp_path: Path, listed: str) -> None:
    """Whoever reads the lists knows all else that a tag is made of: a short password would be found by trying."""
    tags = set()
    for secret in ("4711", "4712"):
        rec = f"# all\n# all.rec\nsapporo.example.org; X; user=u secret={secret} web=http://u:{secret}@x.example.org/\n"
        api = Api(tmp_path / secret, {"all.rec": rec})
        tags.add(api.call("GET", f"/api/v1/{listed}", Role.DEVICE).headers["ETag"])
        api.close()
    assert len(tags) == 1


def test_a_tag_that_a_proxy_has_weakened_is_known(api: Api) -> None:
    """As by compressing the answer (RFC 9110 §8.8.3); here they are compared weakly (§13.1.2)."""
    weak = "W/" + api.call("GET", "/api/v1/members").headers["ETag"]
    assert api.call("GET", "/api/v1/members", headers={"If-None-Match": weak}).status_code == 304


def test_nobody_learns_without_a_token_that_nothing_has_changed(api: Api) -> None:
    assert api.call("GET", "/api/v1/members", None, headers={"If-None-Match": "*"}).status_code == 401
