"""STOP of a task that is somebody else's, and words of a touch that come late (SPEC D5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mfp_client.memory.records import Draft
from mfp_client.panel.app import make_app
from mfp_client.panel.desk import Desk, open_desk
from mfp_client.panel.log_in import Arrival
from mfp_client.panel.routes.context import COOKIE
from mfp_client.settings import DeviceSettings, save_settings
from mfp_client.works.person import Person
from mfp_client.works.wishes import read_wishes
from tests.support.memory_pages import ANNA, FAX, add_image, draw_page
from tests.support.patience import wait_until


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    save_settings(tmp_path, DeviceSettings(log_in="users", server="http://127.0.0.1:9"))
    with open_desk(tmp_path) as desk:
        yield desk


def _log_in(desk: Desk, name: str) -> FlaskClient:
    screen = make_app(desk).test_client()
    screen.set_cookie(COOKIE, desk.take_seat(Arrival(Person(name), "sender")).token)
    screen.environ_base["HTTP_X_PANEL"] = "1"
    return screen


def _take_up(desk: Desk, name: str) -> int:
    """A document of somebody that broke off, on the review again; its image ID."""
    with desk.memory.open(Draft("notice", name)) as document:
        add_image(document, draw_page(), FAX)
        document.leave()
    desk.works.start(*read_wishes("fax", {"unfinished": str(document.id), "to": ["03-1234-5678"]}), Person(name))
    wait_until(lambda: desk.works.need_task().step in ("review", "failed"))
    assert desk.works.need_task().step == "review", desk.works.need_task().error
    return document.id


def test_nobody_throws_away_what_another_has_not_finished(desk: Desk) -> None:
    screen = _log_in(desk, "bob")
    image_id = _take_up(desk, "anna")
    for keep in (False, True):
        answer = screen.post("/api/task/stop", json={"keep": keep})
        assert (answer.status_code, answer.get_json()["error"]) == (409, "not-asked")
    assert screen.post("/api/task/stop").status_code == 200
    assert desk.works.current is None
    assert [one.id for one in desk.memory.list_unclosed(ANNA)] == [image_id]


def test_whoever_began_it_throws_it_away(desk: Desk) -> None:
    screen = _log_in(desk, "anna")
    _take_up(desk, "anna")
    assert screen.post("/api/task/stop", json={"keep": False}).status_code == 200
    assert desk.memory.list_unclosed(ANNA) == []


def test_what_is_stored_by_now_is_not_said_to_be_thrown_away(desk: Desk) -> None:
    screen = _log_in(desk, "anna")
    image_id = _take_up(desk, "anna")
    desk.works.stop()
    desk.works.start(*read_wishes("store", {"unfinished": str(image_id)}), Person("anna"))
    wait_until(lambda: desk.works.need_task().step == "done")
    answer = screen.post("/api/task/stop", json={"keep": False})
    assert (answer.status_code, answer.get_json()["error"]) == (409, "not-asked")
    assert screen.post("/api/task/stop").status_code == 200


def test_a_touch_that_is_told_late_takes_no_later_one_back(desk: Desk) -> None:
    screen = _log_in(desk, "anna")
    seat = desk.seats.find(screen.get_cookie(COOKIE).value)  # type: ignore[union-attr]
    assert seat is not None
    screen.post("/api/active", json={})
    before = seat.active
    assert screen.post("/api/active", json={"seconds": 60}).status_code == 200
    assert seat.active >= before
