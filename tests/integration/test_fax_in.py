"""Faxes that come in: a real T.30 call to a real HylaFAX, and the job that becomes of it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from distserver.compose import build_services
from distserver.intake.api.faxes import list_fax_modems, list_received_faxes
from distserver.intake.api.operations import Call
from distserver.intake.fax import reception as reception_module
from distserver.intake.fax.modems import ask_servers
from distserver.intake.fax.reception import FaxReception
from distserver.model.accounts import Role
from distserver.model.jobs import Actor, JobView
from distserver.model.received_faxes import Fate, ReceivedFax
from distserver.services import Services
from distserver.settings import load_settings
from distserver.store.preparation import prepare_home
from distwire.hylafax import Login
from tests.support.hylafax import ADMINISTRATOR, HylaFax, run_hylafax
from tests.support.ippeveprinter import find_port
from tests.support.numbered_faxes import find_numbers, make_fax
from tests.support.patience import MOST_SECONDS
from tests.support.scripted_hfaxd import run_scripted
from tests.support.telephone.numbers import Caller

OPERATOR = Actor("operator", Role.OPERATOR)


@pytest.fixture(scope="module")
def hylafax() -> Iterator[HylaFax]:
    with run_hylafax(0, receiving=1) as one:
        yield one


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what no call brought HylaFAX tells nothing: it is found in a round."""
    monkeypatch.setattr(reception_module, "_ROUND_SECONDS", 1.0)


@pytest.fixture(autouse=True)
def _empty(hylafax: HylaFax) -> None:
    for file in (hylafax.spool / "recvq").glob("fax*"):
        file.unlink()


@pytest.fixture
def home(tmp_path: Path, hylafax: HylaFax) -> Path:
    """A home with two groups, and the file of routes."""
    settings, _ = load_settings(tmp_path / "home", {}, {"spool_reserve_mb": 0})
    prepare_home(settings)
    for name, group in (("osaka.rec", "Osaka"), ("reception.rec", "Reception")):
        (settings.groups_dir / name).write_text(f"# {group}\n# {name}\ndiscard:{group}; {group}\n")
    settings.secrets_path.write_text(f"fax {ADMINISTRATOR}\n")
    settings.secrets_path.chmod(0o600)
    write_routes(settings.home, hylafax, "sub:101; Osaka", "did:03-3555-0002; Osaka; hold=yes", "from:+81665*; Osaka")
    return settings.home


def write_routes(home: Path, hylafax: HylaFax, *lines: str) -> None:
    (home / "fax-in.rec").write_text("\n".join([f"{hylafax.server}; Ours; admin=@fax", *lines, ""]))


def open_services(home: Path) -> Services:
    settings, infos = load_settings(home, {}, {"spool_reserve_mb": 0})
    return build_services(settings, infos)


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    found = open_services(home)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def reception(services: Services) -> Iterator[FaxReception]:
    one = FaxReception(services)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def call_in(hylafax: HylaFax, tmp_path: Path, pages: int = 2, **who: str) -> None:
    """A call of a fax machine, to its end."""
    document = tmp_path / "sent.tif"
    document.write_bytes(make_fax(pages))
    wait_for(lambda: hylafax.is_idle(hylafax.receiving[0]))
    before = len(hylafax.exchange.read_calls())
    hylafax.exchange.call_in(hylafax.receiving[0], Caller(str(document), **who))
    wait_for(lambda: len(hylafax.exchange.read_calls()) > before)
    assert hylafax.exchange.read_calls()[-1].pages == pages, hylafax.exchange.read_calls()[-1]


def put_in(hylafax: HylaFax, data: bytes, name: str = "fax000009001.tif") -> Path:
    """A file as a call would have left it."""
    path = hylafax.spool / "recvq" / name
    draft = hylafax.spool / "tmp" / name
    draft.write_bytes(data)
    draft.chmod(0o644)
    shutil.chown(draft, "uucp", "uucp")
    draft.rename(path)
    return path


def wait_for(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + MOST_SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.1)
    return found


def find_fax(services: Services, fate: Fate) -> ReceivedFax | None:
    return next((one for one in services.faxes.list(OPERATOR) if one.fate is fate), None)


def wait_for_removal(services: Services) -> ReceivedFax:
    found: ReceivedFax = wait_for(
        lambda: next((one for one in services.faxes.list(OPERATOR) if one.removed is not None), None)
    )
    return found


def list_jobs(services: Services) -> list[JobView]:
    return list(services.query.list(OPERATOR))


@pytest.mark.usefixtures("reception")
def test_a_call_becomes_a_job_of_the_group_of_its_subaddress(
    hylafax: HylaFax, services: Services, tmp_path: Path
) -> None:
    call_in(hylafax, tmp_path, 3, identity="+81 66 555 0199", subaddress="101", number="0665550199")
    fax = wait_for_removal(services)
    assert (fax.caller.subaddress, fax.caller.number, fax.pages) == ("101", "0665550199", 3)
    job = services.jobs.get(fax.job, OPERATOR)
    assert (job.groups, job.title, job.sender) == (("Osaka",), "Fax from 0665550199", "fax")
    assert find_numbers(services.spool.document_path(job.documents[0].digest)) == [1, 2, 3]
    assert not list((hylafax.spool / "recvq").glob("fax*"))


@pytest.mark.usefixtures("reception")
def test_the_called_number_chooses_too_and_the_line_holds_the_job(
    hylafax: HylaFax, services: Services, tmp_path: Path
) -> None:
    call_in(hylafax, tmp_path, number="0331110000", called="0335550002")
    fax = wait_for_removal(services)
    assert fax.caller.called == "0335550002"
    job = services.jobs.get(fax.job, OPERATOR)
    assert (job.groups, job.held) == (("Osaka",), True)


@pytest.mark.usefixtures("reception")
def test_of_whom_no_line_speaks_stays_until_one_does(hylafax: HylaFax, services: Services, home: Path) -> None:
    path = put_in(hylafax, make_fax(1))
    kept = wait_for(lambda: find_fax(services, Fate.KEPT))
    assert "no line" in kept.reason
    assert path.exists()
    write_routes(home, hylafax, "*; Nowhere")
    wait_for(lambda: "Nowhere" in services.faxes.list(OPERATOR)[0].reason)
    assert path.exists()
    write_routes(home, hylafax, "*; Reception")
    fax = wait_for_removal(services)
    assert services.jobs.get(fax.job, OPERATOR).groups == ("Reception",)
    assert len(services.faxes.list(OPERATOR)) == 1
    assert not path.exists()


@pytest.mark.usefixtures("reception")
def test_a_damaged_file_is_refused_with_a_reason_and_stays(hylafax: HylaFax, services: Services, home: Path) -> None:
    write_routes(home, hylafax, "*; Reception")
    whole = make_fax(1)
    path = put_in(hylafax, break_strips(whole))
    refused = wait_for(lambda: find_fax(services, Fate.REFUSED))
    assert refused.reason
    put_in(hylafax, whole, "fax000009002.tif")
    wait_for_removal(services)
    assert path.exists()
    assert len(list_jobs(services)) == 1


def break_strips(data: bytes) -> bytes:
    """The same with its image somewhere outside of the file: HylaFAX lists it nevertheless."""
    at = data.index(b"\x11\x01\x04\x00\x01\x00\x00\x00")  # StripOffsets, LONG, one
    return data[: at + 8] + b"\xf0\xff\xff\x7f" + data[at + 12 :]


def test_it_is_a_job_once_though_the_server_dies_before_it_is_removed(
    hylafax: HylaFax, home: Path, services: Services
) -> None:
    write_routes(home, hylafax, "*; Reception")
    path = put_in(hylafax, make_fax(1))
    child = multiprocessing.get_context("fork").Process(target=_die_after_submit, args=(home,))
    child.start()
    child.join(MOST_SECONDS)
    assert child.exitcode == -signal.SIGKILL
    (job,) = list_jobs(services)
    assert path.exists()
    reception = FaxReception(services)
    reception.start()
    try:
        fax = wait_for_removal(services)
    finally:
        reception.stop()
    assert fax.job == job.id
    assert [one.id for one in list_jobs(services)] == [job.id]
    assert not path.exists()


def _die_after_submit(home: Path) -> None:
    services = open_services(home)
    submit = services.jobs.submit

    class Deadly:
        def submit(self, *arguments: Any) -> None:
            submit(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)

    FaxReception(replace(services, jobs=Deadly())).start()  # type: ignore[arg-type]
    time.sleep(MOST_SECONDS)


@pytest.mark.usefixtures("reception")
def test_the_same_name_with_other_content_is_another_fax(hylafax: HylaFax, home: Path, services: Services) -> None:
    write_routes(home, hylafax, "*; Reception")
    put_in(hylafax, make_fax(1))
    wait_for_removal(services)
    put_in(hylafax, make_fax(2))
    wait_for(lambda: len(list_jobs(services)) == 2)


def test_without_the_administrators_password_it_stays_and_is_no_second_job(
    hylafax: HylaFax, home: Path, services: Services
) -> None:
    (home / "fax-in.rec").write_text(f"{hylafax.server}; Ours\n*; Reception\n")
    path = put_in(hylafax, make_fax(1))
    for _ in range(2):
        reception = FaxReception(services)
        reception.start()
        try:
            fax = wait_for(lambda: find_fax(services, Fate.ACCEPTED))
            wait_for(lambda: "removed" in services.faxes.list(OPERATOR)[0].reason)
        finally:
            reception.stop()
    assert fax.removed is None
    assert len(list_jobs(services)) == 1
    assert path.exists()


@pytest.mark.usefixtures("reception")
def test_the_list_shows_what_was_kept_and_why(hylafax: HylaFax, services: Services) -> None:
    put_in(hylafax, make_fax(1))
    wait_for(lambda: find_fax(services, Fate.KEPT))
    (row,) = list_received_faxes.handler(Call(services, OPERATOR, "", None, None)).faxes
    assert (row.file, row.fate, row.job) == ("fax000009001.tif", "kept", None)
    assert "no line" in row.reason


def test_modems_are_shown_and_a_server_that_is_away_is_named(hylafax: HylaFax) -> None:
    away = find_port()
    found = ask_servers([Login("127.0.0.1", away, connect=5.0), Login("127.0.0.1", hylafax.port)])
    assert [one.server for one in found] == [f"127.0.0.1:{away}", f"127.0.0.1:{hylafax.port}"]
    assert "no connection" in found[0].trouble
    (modem,) = found[1].modems
    assert (modem.receives, modem.number) == (True, "+81.3.5550.000")
    assert modem.state
    assert found[1].unheard == ""


async def test_a_server_that_cannot_tell_of_its_jobs_is_shown_with_why() -> None:
    """Its modems are shown all the same."""

    async def list_one(_command: str, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ttyS0|x|+81.3.5550.000|Running and idle\r\n")

    refusal = {"SITE TRIGGER": "504 Not allowed."}
    async with run_scripted(refusal, list_one) as refusing, run_scripted({"SITE": "150 Now."}, list_one) as cut_off:
        logins = [refusing.login(), cut_off.login(idle=5.0)]
        refused, unreached = await asyncio.to_thread(ask_servers, logins)
    assert (refused.trouble, unreached.trouble) == ("", "")
    assert [len(one.modems) for one in (refused, unreached)] == [1, 1]
    assert "Not allowed" in refused.unheard
    assert "has not answered" in unreached.unheard


def test_modems_of_all_servers_that_are_named_anywhere(hylafax: HylaFax, services: Services) -> None:
    away, other = find_port(), find_port()
    both = f"{hylafax.server},hylafax://127.0.0.1:{away}"
    (services.settings.home / "destinations.rec").write_text(
        f"tel:*; all; server={both}\ntel:+81*; Japan; server=hylafax://127.0.0.1:{other} secret=@nobody\n"
    )
    ours, silent, locked = list_fax_modems.handler(Call(services, OPERATOR, "", None, None)).servers
    assert ours.server == f"127.0.0.1:{hylafax.port}"
    assert [one.number for one in ours.modems] == ["+81.3.5550.000"]
    assert not ours.trouble
    assert "no connection" in silent.trouble
    assert "no secret 'nobody'" in locked.trouble
