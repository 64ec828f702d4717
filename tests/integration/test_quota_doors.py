"""A quota holds at every door: IPP, API, command line and board (N1)."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from distserver.model.accounts import Role
from distserver.model.quotas import parse_quota
from distwire.ipp import Operation, Status, attribute
from distwire.ipp.enums import JobState
from distwire.ipp.values import boolean, integer, keyword
from tests.support.api import Api
from tests.support.board import ADMIN, make_pdf, read_token
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.server import ROOT

pytestmark = pytest.mark.real

LOGIN = ("hanako", "correct horse battery")
_LAST, _MORE = attribute("last-document", boolean(True)), attribute("last-document", boolean(False))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("home"))
    yield made
    made.close()


def _limit(api: Api, text: str, name: str = "sender") -> None:
    api.services.accounts.set_quota(name, parse_quota(text), ADMIN)


def _form(document: bytes) -> dict[str, object]:
    return {"group": "all.rec", "document": (io.BytesIO(document), "notice.pdf")}


def _send(api: Api, document: bytes = b"", role: Role = Role.SENDER, **headers: str) -> TestResponse:
    form = _form(document or make_pdf())
    return api.call("POST", "/api/v1/jobs", role, data=form, content_type="multipart/form-data", headers=headers)


def test_the_api_answers_429_with_the_reason_and_when_to_come_back(api: Api) -> None:
    _limit(api, "jobs=1/week")
    assert _send(api, **{"Idempotency-Key": "one"}).status_code == 201
    answer = _send(api)
    problem = json.loads(answer.text)
    assert (answer.status_code, problem["reason"]) == (429, "account-limit-reached")
    assert problem["detail"].startswith("the quota is 1 job a week: 0 jobs left")
    assert 0 < int(answer.headers["Retry-After"]) <= 8 * 86400
    assert _send(api, **{"Idempotency-Key": "one"}).status_code == 201
    assert _send(api, role=Role.OPERATOR).status_code == 201
    assert api.incoming() == []


def test_what_can_never_fit_has_no_time_to_come_back(api: Api) -> None:
    _limit(api, "pages=2/day")
    answer = _send(api)
    assert answer.status_code == 429
    assert "Retry-After" not in answer.headers
    assert "this takes 5 pages" in answer.text


def test_an_upload_is_stopped_as_soon_as_it_is_too_large(api: Api) -> None:
    _limit(api, "bytes=100K/month")
    answer = _send(api, b"%PDF-1.4 " + bytes(400 << 10))
    assert (answer.status_code, api.incoming()) == (429, [])
    assert "100 KB left" in answer.text


def test_me_and_the_users_tell_what_is_left(api: Api) -> None:
    api.services.accounts.set_quota("sender", parse_quota("jobs=50/week bytes=3M/month"), ADMIN)
    me = json.loads(api.call("GET", "/api/v1/me", Role.SENDER).text)
    jobs, octets = me["allowances"]
    assert (jobs["measure"], jobs["window"], jobs["limit"], jobs["used"] + jobs["left"]) == ("jobs", "week", 50, 50)
    assert octets["limit"] == 3 << 20
    users = {one["name"]: one for one in json.loads(api.call("GET", "/api/v1/users").text)["users"]}
    assert users["sender"]["quota"] == "jobs=50/week bytes=3M/month"
    assert users["sender"]["allowances"][0]["limit"] == 50
    assert (users["operator"]["quota"], users["operator"]["allowances"]) == (None, [])


def test_administrators_set_quotas_over_the_api(api: Api) -> None:
    for text, shown in (("jobs=7/day", "jobs=7/day"), ("unlimited", "unlimited"), ("default", None)):
        answer = api.call("PATCH", "/api/v1/users/sender", json={"quota": text})
        assert (answer.status_code, json.loads(answer.text)["quota"]) == (200, shown)
    wrong = api.call("PATCH", "/api/v1/users/sender", json={"quota": "seven"})
    assert (wrong.status_code, "jobs=20/day" in wrong.text) == (400, True)
    assert api.call("PATCH", "/api/v1/users/sender", Role.OPERATOR, json={"quota": "unlimited"}).status_code == 403


def test_the_board_shows_what_is_left_and_refuses_in_the_same_words(api: Api) -> None:
    api.add_user("boarder", Role.SENDER)
    _limit(api, "jobs=1/month", "boarder")
    client = api.sign_in("boarder")
    assert "1 job left of 1 job a month, renewed" in client.get("/send").text
    fields = {"csrf_token": read_token(client, "/send"), "key": "k" * 24}
    sent = client.post("/send", data={**_form(make_pdf()), **fields}, content_type="multipart/form-data")
    assert sent.status_code == 303, sent.text
    again = client.post("/send", data={**_form(make_pdf()), **fields}, content_type="multipart/form-data")
    assert again.headers["Location"] == sent.headers["Location"]
    more = {**fields, "key": "m" * 24}
    refused = client.post("/send", data={**_form(make_pdf()), **more}, content_type="multipart/form-data")
    assert (refused.status_code, "The quota is 1 job a month: 0 jobs left" in refused.text) == (422, True)
    files = client.post(
        "/send/files",
        data={"document": (io.BytesIO(make_pdf()), "notice.pdf")},
        headers={"X-CSRFToken": fields["csrf_token"], "Accept": "application/json"},
    )
    assert (files.status_code, "0 jobs left" in files.text) == (429, True)
    assert "Your quota" not in api.sign_in().get("/send").text
    assert api.incoming() == []


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = {"quota_guests": "jobs=2/month", "quota_guests_each": "all"}
    with run_house(tmp_path_factory.mktemp("house") / "home", **settings) as made:
        made.write_group("office", "discard:one; One", "discard:two; Two")
        made.add_user(LOGIN[0], "sender", LOGIN[1])
        made.wait_for_groups("office")
        yield made


def _command(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "distserver", "--home", str(house.server.home), *words]
    return subprocess.run(command, cwd=ROOT, env=house.server.environment, text=True, check=False, capture_output=True)


def _set(house: House, *limits: str) -> dict[str, object]:
    done = _command(house, "user", "quota", LOGIN[0], *limits, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_command_sets_and_shows_it(house: House) -> None:
    assert _set(house, "jobs=20/day", "bytes=1G/month")["quota"] == "jobs=20/day bytes=1G/month"
    shown = _command(house, "user", "quota", LOGIN[0]).stdout.splitlines()
    assert shown[0] == "hanako: jobs=20/day bytes=1G/month"
    assert shown[2].startswith("20 jobs a day  20 jobs")
    (listed,) = [u for u in json.loads(_command(house, "user", "list", "--json").stdout) if u["name"] == LOGIN[0]]
    assert [one["left"] for one in listed["allowances"]] == [20, 1 << 30]
    wrong = _command(house, "user", "quota", LOGIN[0], "lots")
    assert (wrong.returncode, "jobs=20/day" in wrong.stderr) == (2, True)
    assert _set(house, "default")["quota"] is None


def test_a_printer_refuses_with_account_limit_reached(house: House) -> None:
    """PWG 5100.11 §5.4.1: 0x041E, at each operation as soon as it is known; the job says why."""
    printer = house.printer("office")
    _set(house, "jobs=0/day")
    for operation in (Operation.CREATE_JOB, Operation.VALIDATE_JOB, Operation.PRINT_JOB):
        answer = ask(printer, operation, login=LOGIN)
        assert answer.code == Status.ACCOUNT_LIMIT_REACHED == 0x041E
        assert "0 jobs left" in (answer.operation.string("status-message") or "")
    _set(house, "pages=4/day")
    answer = ask(printer, Operation.PRINT_JOB, job=[attribute("copies", integer(3))], document=make_pdf(), login=LOGIN)
    assert answer.code == Status.ACCOUNT_LIMIT_REACHED
    assert "this takes 6 pages" in (answer.operation.string("status-message") or "")
    assert ask(printer, Operation.PRINT_JOB, document=make_pdf(), login=LOGIN).code == Status.OK
    _set(house, "unlimited")


def test_a_document_that_is_too_large_is_cut_off_and_its_job_says_why(house: House) -> None:
    printer = house.printer("office")
    _set(house, "bytes=1M/day")
    created = ask(printer, Operation.CREATE_JOB, login=LOGIN)
    number = attribute("job-id", integer(created.job.integer("job-id") or 0))
    assert ask(printer, Operation.SEND_DOCUMENT, number, _MORE, document=make_pdf(), login=LOGIN).code == Status.OK
    large = ask(printer, Operation.SEND_DOCUMENT, number, _LAST, document=bytes(3 << 20), login=LOGIN)
    assert large.code == Status.ACCOUNT_LIMIT_REACHED
    wanted = attribute("requested-attributes", keyword("all"))
    job = ask(printer, Operation.GET_JOB_ATTRIBUTES, number, wanted, login=LOGIN).job
    assert job.integer("job-state") == JobState.ABORTED
    assert job.strings("job-state-reasons") == ("account-limit-reached",)
    assert list((house.server.home / "spool" / "incoming").iterdir()) == []
    _set(house, "unlimited")


def test_guests_have_theirs(house: House) -> None:
    printer = house.printer("office")
    codes = [ask(printer, Operation.PRINT_JOB, document=make_pdf(), user=f"guest-{n}").code for n in range(3)]
    assert codes == [Status.OK, Status.OK, Status.ACCOUNT_LIMIT_REACHED]
    assert ask(printer, Operation.PRINT_JOB, document=make_pdf(), login=LOGIN).code == Status.OK


def test_the_command_that_sends_says_so_with_the_exit_code_of_later(house: House) -> None:
    """As the administrator of this machine, who has no quota until it is their own."""
    file = house.server.home / "notice.pdf"
    file.write_bytes(make_pdf())
    assert _command(house, "send", str(file), "--to", "office").returncode == 0
    _command(house, "user", "quota", "admin", "jobs=0/day")
    refused = _command(house, "send", str(file), "--to", "office")
    assert (refused.returncode, "0 jobs left" in refused.stderr) == (75, True)
    _command(house, "user", "quota", "admin", "default")
