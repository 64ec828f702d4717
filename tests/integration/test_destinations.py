"""Destinations in trouble as operators see them, by API and board, and trying them now (N4, N6)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.accounts.local import local_file, write_secret
from distserver.intake.fax.modem_servers import show_servers
from distserver.jobs.destinations import Destinations
from distserver.jobs.lanes import BounceRules
from distserver.jobs.lifecycle import Event
from distserver.jobs.suspensions import Suspensions
from distserver.model.accounts import Role
from distserver.model.lanes import Lane, LaneNews
from distserver.model.states import OutcomeKind
from distserver.report import words
from distserver.store import audit, executors, lanes, notices
from distserver.store.executors import Executor
from tests.support.api import Api
from tests.support.ippeveprinter import find_port
from tests.support.jobs import OPERATOR, Office
from tests.support.scripted_hfaxd import run_scripted
from tests.support.sources import ROOT

SILENT = "ipp://sapporo.example.org/ipp/print"
JAMMED = "ipp://osaka.example.org/ipp/print"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A board with a suspended destination, one in trouble, and a worker."""
    made = Api(tmp_path / "home")
    now = time.time()
    with made.services.database.begin() as connection:
        executors.insert_executor(connection, Executor("w", "print1/boot/pid", 4711, now - 60, now - 1))
        lanes.lock_lanes(connection, [SILENT, JAMMED])
        said = "<b>no route</b> to host"
        away = Lane(SILENT, 9, now + 600, 6.0, now - 500, "destination-unreachable", said, now - 9000)
        lanes.write_lane(connection, away)
        lanes.write_lane(connection, Lane(JAMMED, 2, now + 60, 0.2, None, "media-jam", "", now - 60))
        notice = {"at": now - 500, "kind": "destination-suspended", "object": SILENT, "name": "", "message": said}
        notices.insert_notices(connection, [notice])
    yield made
    made.close()


def standing(api: Api, uri: str) -> Lane:
    with api.services.database.read() as connection:
        found = lanes.find_lane(connection, uri)
    assert found is not None
    return found


def test_the_api_lists_them_with_reason_and_since(api: Api) -> None:
    listed = api.call("GET", "/api/v1/destinations/troubled", Role.OPERATOR).json["destinations"]
    assert [(one["uri"], one["reason"], one["failures"]) for one in listed] == [
        (SILENT, "destination-unreachable", 9),
        (JAMMED, "media-jam", 2),
    ]
    assert listed[0]["suspended"] is not None
    assert listed[1]["suspended"] is None


@pytest.mark.parametrize("told", ["SAPPORO.example.org", SILENT, "札幌支店"])
def test_one_can_be_tried_now_by_its_name_and_any_form_of_its_address(api: Api, told: str) -> None:
    answer = api.call("POST", "/api/v1/destinations/reopen", json={"address": told})
    assert answer.status_code == 200
    after = standing(api, SILENT)
    assert after.suspended is not None  # it is asked first
    assert (after.closed_until or 0) <= time.time()
    with api.services.database.read() as connection:
        (entry,) = audit.list_entries(connection, action="destination-reopen")
        assert (entry.who, entry.object) == ("administrator", SILENT)
        assert [one.kind for one in notices.list_notices(connection, 9)] == ["destination-suspended"]


@pytest.mark.parametrize(("address", "status"), [("tokyo.example.org", 404), ("!!", 400), ("", 422)])
def test_what_cannot_be_tried_is_refused(api: Api, address: str, status: int) -> None:
    assert api.call("POST", "/api/v1/destinations/reopen", json={"address": address}).status_code == status


def test_the_board_shows_the_system_to_operators(api: Api) -> None:
    client = api.sign_in()
    page = client.get("/system").text
    for text in (
        "print1",
        "4711",
        "札幌支店",
        "Suspended",
        "大阪営業所",
        "In trouble",
        "Notices",
        words.describe_reason("media-jam").sentence,
    ):
        assert text in page, text
    assert "<b>no route" not in page
    api.add_user("hanako", Role.SENDER)
    sender = api.sign_in("hanako")
    assert sender.get("/system").status_code == 403
    assert "/system" not in sender.get("/").text


def test_the_board_shows_the_modems_to_operators(api: Api) -> None:
    client = api.sign_in()
    assert "/system/modems" in client.get("/system").text
    assert "No server is named" in client.get("/system/modems").text
    nowhere = f"127.0.0.1:{find_port()}"
    (api.services.settings.home / "destinations.rec").write_text(f"tel:*; all; server=hylafax://{nowhere}\n")
    page = client.get("/system/modems").text
    assert nowhere in page
    assert "It cannot be asked" in page
    api.add_user("hanako", Role.SENDER)
    assert api.sign_in("hanako").get("/system/modems").status_code == 403


def test_a_number_without_a_server_has_the_modems_of_this_machine_shown(tmp_path: Path) -> None:
    """With HylaFAX on the server's own machine nothing need be said; then it is asked as those that are named."""
    api = Api(tmp_path, {"a.rec": "# A\n# a.rec\ntel:+81312345678; Osaka branch\n"})
    try:
        client = api.sign_in()
        assert "localhost:4559" in client.get("/system/modems").text
        nowhere = f"127.0.0.1:{find_port()}"
        (api.services.settings.home / "destinations.rec").write_text(f"tel:*; all; server=hylafax://{nowhere}\n")
        page = client.get("/system/modems").text
        assert nowhere in page
        assert "localhost:4559" not in page
    finally:
        api.close()


async def test_a_server_is_asked_in_the_name_in_which_its_numbers_are_called(tmp_path: Path) -> None:
    """Which the registry may say in a line of its own, apart from the server."""
    api = Api(tmp_path, {"a.rec": "# A\n# a.rec\ntel:+81312345678; Osaka branch\n"})
    try:
        async with run_scripted({}) as server:
            lines = f"tel:*; all; server=hylafax://127.0.0.1:{server.port}\ntel:+81*; Japan; user=osaka\n"
            (api.services.settings.home / "destinations.rec").write_text(lines)
            await asyncio.to_thread(show_servers, api.services)
            assert server.told("USER") == ["USER osaka"]
    finally:
        api.close()


async def test_the_board_says_which_server_cannot_tell_of_its_jobs_and_what_helps(tmp_path: Path) -> None:
    """Whoever reads it sits at another machine than the one that is to be reached."""

    async def list_none(_command: str, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        pass

    api = Api(tmp_path, {"a.rec": "# A\n# a.rec\ntel:+81312345678; Osaka branch\n"})
    try:
        async with run_scripted({"SITE TRIGGER": "504 Not allowed."}, list_none) as server:
            line = f"tel:*; all; server=hylafax://127.0.0.1:{server.port}\n"
            (api.services.settings.home / "destinations.rec").write_text(line)
            page = (await asyncio.to_thread(api.sign_in().get, "/system/modems")).text
        assert "cannot tell by itself what becomes of a fax (Not allowed.)" in page
        assert "let the server open connections to the worker's machine" in page
    finally:
        api.close()


def test_servers_are_found_soon_among_many_numbers_groups_and_lines(tmp_path: Path) -> None:
    """Each number is looked up once, in those lines alone that say something of servers."""
    numbers = "".join(f"tel:03-1234-{number:04}; {number}\n" for number in range(3000))
    api = Api(tmp_path, {f"{name}.rec": f"# {name}\n# {name}.rec\n{numbers}" for name in "abcdefghijkl"})
    try:
        lines = "".join(f"tel:+816{number:04}*; {number}; prefix=0\n" for number in range(500))
        nowhere = f"127.0.0.1:{find_port()}"
        told = f"{lines}tel:03-1234-0007; seven; server=hylafax://{nowhere}\n"
        (api.services.settings.home / "destinations.rec").write_text(told)
        begun = time.thread_time()
        found = show_servers(api.services)
        spent = time.thread_time() - begun
        assert [one.server for one in found] == ["localhost:4559", nowhere]
        assert spent < 5.0
    finally:
        api.close()


def test_the_board_names_what_only_a_group_has_and_shows_an_unknown_address_once(api: Api) -> None:
    uris = ["ipp://kyoto.example.org/ipp/print", "ipp://nara.example.org/ipp/print"]
    file = api.services.settings.groups_dir / "kyoto.rec"
    file.write_text("# Kyoto\n# kyoto.rec\nkyoto.example.org; 京都支店\n", encoding="utf-8")
    with api.services.database.begin() as connection:
        lanes.lock_lanes(connection, uris)
        for uri in uris:
            lanes.write_lane(connection, Lane(uri, 2, None, 0.2, None, "refused-by-destination", "no", time.time()))
    client, until = api.sign_in(), time.monotonic() + 60
    while "京都支店" not in (page := client.get("/system").text):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert "“no”" in page
    assert page.count("nara.example") == 2  # in its button, and in its place (broken at dots: `breakable`)


def test_the_button_of_the_board_tries_it_now(api: Api) -> None:
    client = api.sign_in()
    token = client.get("/system").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert client.post("/system/reopen", data={"address": SILENT}).status_code == 409
    assert standing(api, SILENT).suspended is not None
    answer = client.post("/system/reopen", data={"address": SILENT, "csrf_token": token}, follow_redirects=True)
    assert f"It is asked now how it is, and gets what waits for it when it answers well: {SILENT}" in answer.text
    assert (standing(api, SILENT).closed_until or 0) <= time.time()
    answer = client.post("/system/reopen", data={"address": JAMMED, "csrf_token": token}, follow_redirects=True)
    assert f"It is tried now: {JAMMED}" in answer.text


async def test_what_waits_for_a_reopened_destination_goes(tmp_path: Path, database_url: str) -> None:
    office = Office(tmp_path, database_url, size=1)
    ledger = office.ledger("w")
    for _ in range(6):
        office.submit()
        office.now += 5000
        await ledger.bring_back()
        ((one,), _) = await ledger.claim(9, 9)
        one.news = LaneNews(OutcomeKind.UNREACHABLE, "destination-unreachable", "no route", 60.0, ended=True)
        await ledger.settle(one, Event.FAIL)
        lane = office.lane("discard:branch1")
        if lane is not None and lane.suspended is not None:
            break
    office.submit()
    assert (await ledger.claim(9, 9))[0] == []
    Destinations(office.database, office._ring, lambda: office.now).reopen("discard:branch1", OPERATOR)
    suspensions = Suspensions(office.database, BounceRules())
    (probe,) = suspensions.take_probes(office.now, 9)
    assert (await ledger.claim(9, 9))[0] == []
    suspensions.end(probe.destination.address.uri, probe.destination.name, office.now)
    await ledger.bring_back()
    assert len((await ledger.claim(9, 9))[0]) == 1
    office.close()


def test_commands_list_and_reopen(api: Api) -> None:
    home = api.services.settings.home

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "distserver", "--home", str(home), "destination", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    with api.serve() as url:
        access = {"url": url, "token": api.tokens[Role.ADMINISTRATOR]}
        write_secret(local_file(home), json.dumps(access))
        listed = run("list", "--troubled").stdout
        assert listed.index(SILENT) < listed.index(JAMMED)
        told = "is asked now how it is; what waits for it goes when it answers well"
        assert run("reopen", "sapporo.example.org").stdout == f"{SILENT} {told}\n"
        still = [one["suspended"] is None for one in json.loads(run("list", "--troubled", "--json").stdout)]
        assert still == [False, True]
        assert "札幌支店" in run("list").stdout
        missing = run("reopen", "tokyo.example.org")
        assert (missing.returncode != 0, "is in no trouble" in missing.stderr) == (True, True)
