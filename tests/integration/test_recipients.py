"""Who would get a document, asked before it is sent: the same as a job gets, with what stands in the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from distserver.model.accounts import Role
from distserver.model.lanes import Lane
from distserver.model.states import Reason
from distserver.model.stops import StopAction
from distserver.store import lanes
from tests.support.api import Api
from tests.support.board import ADMIN

MANY = 10_000
MANY_REC = "# Many\n# many.rec\n" + "".join(f"discard:d{n}; Branch {n}\n" for n in range(MANY))
ALL_REC = """# All
# all.rec
tokyo.example.org; 東京本社
osaka.example.org; Osaka
discard:lab; Lab
"""
CLOSED_REC = "# Directors\n# directors.rec\n# senders: hanako\ndiscard:lab; Lab\n"
FAX_REC = "# Faxes\n# fax.rec\ntel:+81-3-1234-5678; 東京のファクス\ntel:+81-78-333-0000; Kobe\n"
FAXES_REC = """# More faxes
# faxes.rec
fax:078-333-0000; Kobe, nationwide
fax:020 7946 0000; London; country=GB
tel:+44-20-7946-0000; London, from everywhere
fax:1234; extension
fax:+49-30-901820; Berlin
fax:030 901820; Berlin, nationwide
"""
REGISTRY = "fax:030 901820; Berlin; country=DE\n"
WEST_REC = "# 西日本\n# west.rec\nosaka.example.org; Osaka\ndiscard:lab; Lab\n"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    files = {
        "all.rec": ALL_REC,
        "west.rec": WEST_REC,
        "directors.rec": CLOSED_REC,
        "many.rec": MANY_REC,
        "fax.rec": FAX_REC,
        "faxes.rec": FAXES_REC,
    }
    (tmp_path / "destinations.rec").write_text(REGISTRY)
    made = Api(tmp_path, files)
    yield made
    made.close()


def _ask(api: Api, role: Role = Role.DEVICE, **asked: Any) -> dict[str, Any]:
    answer = api.call("POST", "/api/v1/recipients", role, json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def _write_lane(api: Api, lane: Lane) -> None:
    with api.services.database.begin() as connection:
        lanes.lock_lanes(connection, [lane.uri])
        lanes.write_lane(connection, lane)


def test_each_destination_comes_once_as_in_a_job(api: Api) -> None:
    chosen = {"group": ["all.rec", "西日本", "west"], "destination": ["Lab", "ipp://tokyo.example.org/ipp/print"]}
    found = _ask(api, **chosen)
    assert (found["total"], found["troubled"]) == (3, 0)
    assert [(one["name"], one["groups"]) for one in found["recipients"]] == [
        ("東京本社", ["All"]),
        ("Osaka", ["All", "西日本"]),
        ("Lab", ["All", "西日本"]),
    ]
    job = api.submit(groups=("all.rec", "西日本", "west"), destinations=("Lab", "ipp://tokyo.example.org/ipp/print"))
    planned = api.services.query.deliveries(job.id, ADMIN)
    assert [one["address"] for one in found["recipients"]] == [one.address for one in planned]
    assert [one["channel"] for one in found["recipients"]] == ["ipp", "ipp", "discard"]
    assert [one["groups"] for one in found["recipients"]] == [list(one.groups) for one in planned]


def test_one_number_in_two_forms_is_one_destination(api: Api) -> None:
    """Numbers belong to the country of their line, of the registry's, or of the setting, as they do for who calls."""
    found = _ask(api, group=["fax.rec", "faxes.rec"], destination=["Berlin, nationwide"])["recipients"]
    assert [one["name"] for one in found] == ["東京のファクス", "Kobe", "London", "extension", "Berlin"]
    assert found[1]["groups"] == ["Faxes", "More faxes"]


@pytest.mark.parametrize("number", ["tel:0312345678", "tel:+81312345678"])
def test_a_fax_is_found_by_the_number_that_is_dialled(api: Api, number: str) -> None:
    """The setting `country` is JP unless somebody changes it."""
    assert [one["name"] for one in _ask(api, destination=[number])["recipients"]] == ["東京のファクス"]
    job = api.submit(destinations=(number,))
    assert [one.address for one in api.services.query.deliveries(job.id, ADMIN)] == ["tel:+81-3-1234-5678"]


def test_destinations_in_trouble_say_which_and_until_when(api: Api) -> None:
    now = time.time()
    uris = {one["name"]: one["uri"] for one in _ask(api, group=["all.rec"])["recipients"]}
    _write_lane(
        api,
        Lane(
            uris["東京本社"],
            strikes=9,
            closed_until=now + 900,
            score=6.0,
            suspended=now - 60,
            trouble=Reason.UNREACHABLE.value,
            since=now - 600,
        ),
    )
    _write_lane(api, Lane(uris["Osaka"], strikes=1, trouble="media-jam-error", since=now - 5, closed_until=0.0))
    _write_lane(api, Lane(uris["Lab"], score=0.1, trouble="media-jam-error", since=now - 5))
    found = _ask(api, group=["all.rec"])
    tokyo, osaka, lab = found["recipients"]
    assert (found["troubled"], lab["trouble"]) == (2, None)
    assert (tokyo["trouble"]["kind"], tokyo["trouble"]["reason"]) == ("suspended", Reason.UNREACHABLE.value)
    assert tokyo["trouble"]["next_try"] > tokyo["trouble"]["since"]
    assert (osaka["trouble"]["kind"], osaka["trouble"]["next_try"]) == ("failing", None)
    assert "jam" in osaka["trouble"]["words"]


def test_what_goes_on_account_of_paused_groups_alone_waits(api: Api) -> None:
    api.services.stops.change("west.rec", StopAction.PAUSE, ADMIN)
    found = _ask(api, group=["west.rec"], destination=["Lab"])
    assert [one["trouble"] and one["trouble"]["kind"] for one in found["recipients"]] == ["paused", None]
    assert found["recipients"][0]["trouble"]["reason"] == "group-paused"


def test_what_a_job_would_be_refused_for_is_refused_here(api: Api) -> None:
    cases: list[tuple[dict[str, list[str]], int]] = [
        ({}, 400),
        ({"group": ["nowhere"]}, 404),
        ({"destination": ["nobody"]}, 404),
        ({"group": ["directors.rec"]}, 403),
    ]
    for asked, status in cases:
        assert api.call("POST", "/api/v1/recipients", Role.SENDER, json=asked).status_code == status
    assert _ask(api, Role.OPERATOR, group=["directors.rec"])["total"] == 1
    api.services.stops.change("west.rec", StopAction.DISABLE, ADMIN)
    closed = api.call("POST", "/api/v1/recipients", Role.SENDER, json={"group": ["west.rec"]})
    assert (closed.status_code, "closed" in closed.text) == (409, True)


def test_ten_thousand_members_take_two_questions_to_the_database(api: Api) -> None:
    asked: list[str] = []
    event.listen(api.services.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    found = _ask(api, group=["many.rec"], destination=["Lab"])
    assert (found["total"], len(found["recipients"])) == (MANY + 1, MANY + 1)
    mine = [text for text in asked if "ds_destination" in text or "ds_group_stop" in text]
    assert len(mine) == 2
