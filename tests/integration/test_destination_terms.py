"""What holds for a destination, by API and command, and what it says itself when it is asked (D15)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from distserver.accounts.local import local_file, write_secret
from distserver.cli.check_destinations import check_registry
from distserver.cli.destination_terms import describe_terms
from distserver.cli.finding import Verdict
from distserver.model.accounts import Role
from distwire.api.destinations import Terms
from tests.support.api import Api
from tests.support.deliveries import make_pdf
from tests.support.ippeveprinter import find_port
from tests.support.rig_webhook import run_service
from tests.support.sources import ROOT

REGISTRY = """# destinations
*; everything; number-of-retries=9
discard:*; trials; copies=2 window={closed_now}
name:京都*; Kyoto; max-pages=2 max-size=1M user=kyoto secret=@kyoto
spare; the printer that is not there yet; tls=pin
"""


def hours_closed_now() -> str:
    """A window of two hours that has been over, or is yet to come, for hours, whatever the time of the day."""
    start, end = (datetime.now(UTC) + timedelta(hours=hours) for hours in (11, 13))
    return f"{start:%H:%M}-{end:%H:%M},urgent@UTC"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    groups = {
        "all.rec": "# all\n# all.rec\ndiscard:kyoto; 京都支店; copies=3\ndiscard:nara; 奈良支店\n",
        "west.rec": "# west\n# west.rec\n\ndiscard:kyoto; 京都支店; copies=4 secret=word-of-kyoto\n",
    }
    home = tmp_path / "home"
    home.mkdir()
    (home / "destinations.rec").write_text(REGISTRY.format(closed_now=hours_closed_now()), encoding="utf-8")
    made = Api(home, groups)
    yield made
    made.close()


def show(api: Api, destination: str, **query: str) -> Any:
    answer = api.call("GET", "/api/v1/destinations/terms", query_string={"destination": destination, **query})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_lines_that_apply_and_what_each_says(api: Api) -> None:
    found = show(api, "京都支店")
    assert [(one["line"], one["pattern"]) for one in found["lines"]] == [(2, "*"), (3, "discard:*"), (4, "name:京都*")]
    said = {(one["key"], one["origin"]): (one["value"], one["counts"]) for one in found["options"]}
    assert said[("copies", "destinations.rec:3")] == ("2", False)
    assert said[("copies", "all.rec:3")] == ("3", True)
    assert said[("number-of-retries", "destinations.rec:2")] == ("9", True)
    assert (found["max_pages"], found["max_size"], found["groups"]) == (2, 1 << 20, ["all", "west"])
    assert (found["secret"], "mode 0600" in found["secret_fault"]) == (True, True)
    assert found["starts"]["urgent"] <= found["starts"]["normal"]
    assert found["uri"] == "discard:kyoto"


def test_the_line_of_a_group_and_no_open_secret(api: Api) -> None:
    found = show(api, "discard:kyoto", group="west")
    said = {one["key"]: (one["value"], one["origin"]) for one in found["options"] if one["counts"]}
    assert said["copies"] == ("4", "west.rec:4")
    assert said["secret"] == ("***", "west.rec:4")
    assert "word-of-kyoto" not in json.dumps(found)


def test_an_address_that_stands_nowhere_has_the_registrys_options(api: Api) -> None:
    found = show(api, "discard:elsewhere")
    assert ([one["line"] for one in found["lines"]], found["groups"]) == ([2, 3], [])


@pytest.mark.parametrize(("destination", "status"), [("!!", 400), ("", 422)])
def test_what_is_no_destination(api: Api, destination: str, status: int) -> None:
    query = {"destination": destination}
    assert api.call("GET", "/api/v1/destinations/terms", query_string=query).status_code == status


@pytest.mark.parametrize(("word", "known"), [("nosuch", False), ("localhost", True), ("spare", True)])
def test_a_word_alone_is_a_host_only_where_one_has_this_name(api: Api, word: str, known: bool) -> None:
    answer = api.call("GET", "/api/v1/destinations/terms", query_string={"destination": word})
    assert answer.status_code == (200 if known else 404), answer.text
    assert known or "'nosuch' is the name of no destination, and of no host" in answer.text
    assert show(api, "ipp://nosuch/ipp/print")["uri"] == "ipp://nosuch/ipp/print"  # whoever writes it in full means it


def test_a_slip_of_the_pen_is_answered_with_what_may_be_meant(api: Api) -> None:
    answer = api.call("GET", "/api/v1/destinations/terms", query_string={"destination": "奈良市店"})
    assert answer.status_code == 404
    assert "(is '奈良支店' meant?)" in answer.json["detail"]  # type: ignore[index]


def test_not_for_senders(api: Api) -> None:
    query = {"destination": "discard:x"}
    assert api.call("GET", "/api/v1/destinations/terms", Role.SENDER, query_string=query).status_code == 403


def ask(api: Api, destination: str, document: bytes | None = None) -> Any:
    data: dict[str, Any] = {"destination": destination}
    if document is not None:
        data["document"] = (BytesIO(document), "report.pdf")
    answer = api.call("POST", "/api/v1/destinations/test", data=data, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_one_that_is_asked_says_what_a_document_would_become(api: Api) -> None:
    found = ask(api, "discard:nara", make_pdf())
    assert (found["answers"], found["reason"]) == (True, "")
    document = found["document"]
    assert (document["pages"], document["form"], document["as_is"]) == (1, "application/pdf", True)
    assert list(api.incoming()) == []


def test_nobody_there_is_told(api: Api) -> None:
    found = ask(api, f"ipp://127.0.0.1:{find_port()}/ipp/print")
    assert (found["answers"], found["reason"]) == (False, "destination-unreachable")


def test_a_pc_that_never_came_is_told(api: Api) -> None:
    """The mailbox is asked, as a worker would."""
    found = ask(api, "pc:frontdesk")
    assert (found["answers"], found["reason"]) == (False, "pc-never-came")


def test_a_secret_that_is_not_to_be_had_is_told(api: Api) -> None:
    found = ask(api, "京都支店")
    assert (found["answers"], found["reason"]) == (False, "secret-not-available")


async def test_a_webhook_is_asked_once_it_is_named(api: Api) -> None:
    async with run_service() as service:
        found = await asyncio.to_thread(ask, api, f"webhook:{service.url}")
        assert (found["reason"], "registry" in found["message"]) == ("refused-by-destination", True)
        settings = api.services.settings
        settings.destinations_path.write_text(f"webhook:{service.url}; hook; secret=@hook\n", encoding="utf-8")
        settings.secrets_path.touch(0o600)
        settings.secrets_path.write_text("hook word\n", encoding="utf-8")
        async with asyncio.timeout(60):
            while not (await asyncio.to_thread(show, api, f"webhook:{service.url}"))["named"]:
                await asyncio.sleep(0.1)
        found = await asyncio.to_thread(ask, api, f"webhook:{service.url}")
        assert (found["answers"], found["reason"], found["document"]["as_is"]) == (True, "", True)
        assert service.posts == []


def test_the_commands_tell_it_in_words_and_as_data(api: Api) -> None:
    home = api.services.settings.home

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "distserver", "--home", str(home), "destination", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    with api.serve() as url:
        write_secret(local_file(home), json.dumps({"url": url, "token": api.tokens[Role.ADMINISTRATOR]}))
        shown = run("show", "京都支店")
        assert shown.returncode == 0, shown.stderr
        for words in (
            "goes to    discard:kyoto, by the channel 'discard'",
            "registry   line 4: name:京都*; Kyoto",
            "option     copies=2   destinations.rec:3 (a later line says otherwise)",
            "option     copies=3   all.rec:3",
            "limit      2 pages",
            "limit      1M",
            "starts     urgent jobs: now",
        ):
            assert words in shown.stdout, shown.stdout
        tested = run("test", "discard:nara", "--json")
        assert (tested.returncode, json.loads(tested.stdout)["answers"]) == (0, True)
        failed = run("test", "京都支店")
        assert failed.returncode == 1
        assert "not sent: Waiting: the password or key for the destination is not to be had" in failed.stdout


def test_the_check_tells_what_is_wrong_with_registry_and_secrets(api: Api) -> None:
    settings = api.services.settings
    findings = {one.subject: one for one in check_registry(settings)}
    assert findings["destinations"].verdict is Verdict.OK
    assert (findings["secrets"].verdict, "mode 0600" in findings["secrets"].message) == (Verdict.WRONG, True)
    settings.secrets_path.write_text("kyoto word\n", encoding="utf-8")
    settings.secrets_path.chmod(0o600)
    assert {one.verdict for one in check_registry(settings)} == {Verdict.OK}
    settings.secrets_path.chmod(0o644)
    settings.destinations_path.write_text("foo:*; x\n", encoding="utf-8")
    found = {one.subject: one for one in check_registry(settings)}
    assert (found["destinations"].verdict, found["secrets"].verdict) == (Verdict.WRONG, Verdict.WRONG)
    assert "destinations.rec:1: error: 'foo:'" in found["destinations"].message
    assert "chmod 600" in found["secrets"].message


def test_a_number_is_told_as_it_is_dialled_and_when_it_is_barred(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "destinations.rec").write_text(
        "tel:*; all; prefix=0,\ntel:+8190*; mobile phones; barred=yes\n", encoding="utf-8"
    )
    (home / "distserver.toml").write_text('country = "JP"\n')
    made = Api(home, {"all.rec": "# all\n# all.rec\n"})
    try:
        office, mobile = show(made, "fax:03-5555-0100"), show(made, "fax:090-1111-2222")
        assert (office["dialled"], office["bar"]) == ("0,0355550100", "")
        assert show(made, "tel:+1-202-555-0123")["dialled"] == "0,01012025550123"
        assert mobile["dialled"] == "0,09011112222"
        assert "barred=yes" in mobile["bar"]
        said = "\n".join(describe_terms(Terms.model_validate(mobile)))
        assert "dialled    0,09011112222" in said
        assert "starts     never: " in said
        assert "\n  tls " not in said
        printer = Terms.model_validate(show(made, "ipps://printer.example.org/ipp/print"))
        assert "  tls        verify: certificates are checked" in "\n".join(describe_terms(printer))
        found = ask(made, "fax:090-1111-2222")
        assert (found["reason"], found["answers"]) == ("number-barred", False)
        assert "narrower line" in found["message"]
        assert show(made, "discard:x")["dialled"] == ""
    finally:
        made.close()
