"""Pausing and closing groups by IPP, by the API, by commands and on the board (N1, D13)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from distserver.model.accounts import Role
from distserver.model.stops import StopAction
from distwire.ipp import Message, Operation, Status, attribute
from distwire.ipp.enums import JobState, PrinterState
from distwire.ipp.values import integer, keyword
from tests.support.api import Api
from tests.support.board import make_pdf, read_token
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.server import ROOT

pytestmark = pytest.mark.real

_PATIENCE = 60.0
OPERATOR = ("ops", "correct horse battery")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house") / "home", faxout_from="127.0.0.1") as made:
        made.write_group("office", "discard:one; One", "discard:two; Two")
        made.write_group("shop", "discard:two; Two", "discard:three; Three")
        made.add_user(OPERATOR[0], "operator", OPERATOR[1])
        made.wait_for_groups("office", "shop")
        yield made


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def _describe(printer: str) -> Message:
    return ask(printer, Operation.GET_PRINTER_ATTRIBUTES)


def _state(printer: str) -> tuple[int | None, tuple[str, ...], bool | None]:
    found = _describe(printer).printer
    return (
        found.integer("printer-state"),
        found.strings("printer-state-reasons"),
        found.boolean("printer-is-accepting-jobs"),
    )


def _do(printer: str, operation: Operation) -> int:
    return ask(printer, operation, login=OPERATOR).code


def _print(printer: str) -> int:
    answer = ask(printer, Operation.PRINT_JOB, document=make_pdf())
    assert answer.code == Status.OK, answer
    return answer.job.integer("job-id") or 0


def _job(printer: str, number: int) -> Message:
    wanted = attribute("requested-attributes", keyword("all"))
    return ask(printer, Operation.GET_JOB_ATTRIBUTES, attribute("job-id", integer(number)), wanted)


def _wait_for_end(printer: str, number: int) -> None:
    _wait(lambda: _job(printer, number).job.integer("job-state") == JobState.COMPLETED)


def test_a_paused_printer_takes_jobs_and_holds_them_over_a_restart(house: House) -> None:
    """RFC 8011 §4.2.7: stopped, `paused`, still accepting; its fax service with it, other groups not."""
    office, shop = house.printer("office"), house.printer("shop")
    assert _do(office, Operation.PAUSE_PRINTER) == Status.OK
    stopped = (PrinterState.STOPPED, ("paused",), True)
    assert _state(office) == _state(house.printer("office", "faxout")) == stopped
    number = _print(office)
    job = _job(office, number).job
    assert (job.integer("job-state"), job.strings("job-state-reasons")) == (
        JobState.PENDING,
        ("printer-stopped", "job-queued"),
    )
    _wait_for_end(shop, _print(shop))
    house.restart()
    assert _state(office) == stopped
    assert _job(office, number).job.integer("job-state") == JobState.PENDING
    assert _do(office, Operation.RESUME_PRINTER) == Status.OK
    assert _state(office)[0] != PrinterState.STOPPED
    _wait_for_end(office, number)


def test_a_closed_printer_takes_no_jobs(house: House) -> None:
    """RFC 3998 §3.1: server-error-not-accepting-jobs; a job that was created before gets its documents."""
    office = house.printer("office")
    created = ask(office, Operation.CREATE_JOB).job.integer("job-id") or 0
    assert _do(office, Operation.DISABLE_PRINTER) == Status.OK
    assert _state(office)[1:] == (("none",), False)  # it may be processing still what came before
    for operation in (Operation.PRINT_JOB, Operation.CREATE_JOB, Operation.VALIDATE_JOB):
        assert ask(office, operation, document=b"").code == Status.NOT_ACCEPTING_JOBS == 0x0506
    last = attribute("last-document", keyword("true"))
    assert ask(office, Operation.SEND_DOCUMENT, attribute("job-id", integer(created)), last).code == Status.BAD_REQUEST
    assert ask(office, Operation.CLOSE_JOB, attribute("job-id", integer(created))).code == Status.OK
    assert _do(office, Operation.ENABLE_PRINTER) == Status.OK
    _wait_for_end(office, _print(office))


def _command(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "distserver", "--home", str(house.server.home), *words]
    return subprocess.run(command, cwd=ROOT, env=house.server.environment, text=True, check=False, capture_output=True)


def test_commands_and_what_is_sent_by_them(house: House) -> None:
    """N1: a pause holds what comes by other doors too."""
    assert _command(house, "group", "pause", "office").stdout == (
        "office is paused: it takes jobs and holds them; 0 deliveries held\n"
    )
    listed = {one["file"]: one["paused"] for one in json.loads(_command(house, "group", "list", "--json").stdout)}
    assert (listed["office.rec"], listed["shop.rec"]) == (True, False)
    assert "state: paused\n" in _command(house, "group", "show", "office").stdout
    file = house.server.home / "notice.pdf"
    file.write_bytes(make_pdf())
    sent = json.loads(_command(house, "send", str(file), "--to", "office", "--to", "shop", "--json").stdout)["job"]

    def waiting() -> set[str]:
        found = json.loads(house.server.get(f"/api/v1/jobs/{sent}/deliveries"))["deliveries"]
        return {one["address"] for one in found if one["reason"] == "group-paused"}

    def ended() -> int:
        return int(json.loads(house.server.get(f"/api/v1/jobs/{sent}"))["counts"]["completed"])

    _wait(lambda: ended() == 2)
    assert waiting() == {"discard:one"}
    resumed = json.loads(_command(house, "group", "resume", "office", "--json").stdout)
    assert (resumed["paused"], resumed["accepting"], "1 delivery released" in resumed["message"]) == (False, True, True)
    _wait(lambda: ended() == 3)
    assert _command(house, "group", "disable", "office").returncode == 0
    refused = _command(house, "send", str(file), "--to", "office")
    assert (refused.returncode, "'office' takes no jobs just now" in refused.stderr) == (2, True)
    assert _command(house, "group", "enable", "office").returncode == 0
    assert _command(house, "group", "pause", "nowhere").returncode == 2


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("home"))
    yield made
    made.close()


@pytest.mark.parametrize("action", StopAction)
@pytest.mark.parametrize("role", [*Role, None])
def test_who_may_by_the_api(api: Api, role: Role | None, action: StopAction) -> None:
    answer = api.call("POST", f"/api/v1/groups/develop.rec/{action}", role)
    may = role in (Role.ADMINISTRATOR, Role.OPERATOR)
    assert answer.status_code == (200 if may else 401 if role is None else 403)
    for undo in ("resume", "enable"):
        api.call("POST", f"/api/v1/groups/develop.rec/{undo}")
    shown = json.loads(api.call("GET", "/api/v1/groups/develop.rec").text)
    assert (shown["paused"], shown["accepting"]) == (False, True)


def test_the_board_has_buttons_for_operators(api: Api) -> None:
    for name, role in (("boards-operator", Role.OPERATOR), ("boards-sender", Role.SENDER)):
        api.add_user(name, role)
    client, page = api.sign_in("boards-operator"), "/groups/eigyou_all.rec"
    fields = {"csrf_token": read_token(client, page)}
    assert 'value="pause"' in client.get(page).text
    assert client.post(f"{page}/stop", data={**fields, "action": "pause"}).status_code == 303
    assert "Paused: it holds what it has" in client.get(page).text
    assert 'value="resume"' in client.get(page).text
    assert ">paused</span>" in client.get("/groups").text
    job = api.submit(groups=("eigyou_all.rec",))
    assert "Waiting: the group is paused" in client.get(f"/jobs/{job.id}").text
    assert client.post(f"{page}/stop", data={**fields, "action": "disable"}).status_code == 303
    assert "Closed: it takes no new jobs" in client.get(page).text
    listed = json.loads(api.call("GET", "/api/v1/groups").text)["groups"]
    assert [(one["paused"], one["accepting"]) for one in listed if one["file"] == "eigyou_all.rec"] == [(True, False)]
    for action in ("resume", "enable"):
        client.post(f"{page}/stop", data={**fields, "action": action})
    wrong = client.post(f"{page}/stop", data={**fields, "action": "burn"}, follow_redirects=True)
    assert "Choose pause, resume, enable or disable." in wrong.text
    sender = api.sign_in("boards-sender")
    assert 'value="pause"' not in sender.get(page).text
    token = {"csrf_token": read_token(sender, "/send")}
    assert sender.post(f"{page}/stop", data={**token, "action": "pause"}).status_code == 403
