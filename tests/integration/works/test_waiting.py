"""What was given up for sending is sent, whatever the server is doing meanwhile, and sent once (SPEC D7, N4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.api.panel import SignIn
from mfp_client.memory.outbox import Outbox
from mfp_client.server.link import Link
from mfp_client.works.orders import make_order
from mfp_client.works.person import Person
from mfp_client.works.wishes import read_wishes
from tests.support.device_works import (
    DeviceWorks,
    administer,
    make_device_token,
    office_settings,
    run_works,
    server_url,
)
from tests.support.memory_pages import draw_page, files_of
from tests.support.patience import wait_until
from tests.support.server import Server, run_server

NOBODY = Person()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that is ended and started again."""
    with run_server(tmp_path_factory.mktemp("server")) as running:
        lines = ["discard:own; own", "discard:osaka; Osaka", "tel:+999123; Tokyo"]
        running.write_group("all.rec", "everybody", lines)
        running.write_group("west.rec", "west", ["discard:osaka; Osaka"])
        running.wait_for_groups("all.rec", "west.rec")
        yield running


def _end(server: Server) -> None:
    server.process.terminate()
    server.process.wait(60)


def _count_jobs(server: Server, title: str) -> int:
    return sum(job["title"] == title for job in json.loads(server.get("/api/v1/jobs?limit=100"))["jobs"])


def _send_to_nobody(device: DeviceWorks, title: str) -> None:
    """Distribute while the server is away."""
    device.lay(draw_page(title))
    device.start("distribute-document", NOBODY, groups=["west.rec"], title=title, review=False)
    task = device.wait("waiting", "failed")
    assert task.step == "waiting"
    assert task.documents[0].state == "stored"
    [waiting] = device.works.sender.list_waiting(NOBODY.asker)
    assert waiting.describe(NOBODY.asker)["error"] == "server-down"
    assert device.works.sender.count_waiting() == 1


def test_a_server_that_comes_back_gets_what_waits_by_itself(server: Server, tmp_path: Path) -> None:
    make_device_token(server, tmp_path / "home")
    settings = office_settings(server_url(server), tmp_path / "feeder")
    with run_works(tmp_path / "home", settings) as device:
        _end(server)
        _send_to_nobody(device, "back")
        server.start_again()
        assert device.wait("done", "failed").error is None
        assert _count_jobs(server, "back") == 1
        assert files_of(device.home) == []


def test_what_waits_outlives_the_device(server: Server, tmp_path: Path) -> None:
    """Another task may begin meanwhile; who looks later is told that it was sent."""
    make_device_token(server, tmp_path / "home")
    settings = office_settings(server_url(server), tmp_path / "feeder")
    with run_works(tmp_path / "home", settings) as device:
        _end(server)
        _send_to_nobody(device, "later")
        device.lay(draw_page("another"))
        device.start("store", NOBODY, title="another")
        device.wait("done")
        assert device.works.sender.count_waiting() == 1
    with run_works(tmp_path / "home", settings) as device:
        server.start_again()
        server.wait_until_healthy()
        device.works.sender.wake()
        wait_until(lambda: device.works.sender.count_waiting() == 0)
        wait_until(lambda: bool([one for one in device.works.notices if one.kind == "sent"]))
        assert _count_jobs(server, "later") == 1
        assert [one.draft.title for one in device.memory.list_documents(NOBODY.asker)] == ["another"]


def test_what_failed_is_sent_again(server: Server, tmp_path: Path) -> None:
    """A number that nobody can dial fails; the others are not sent a second time."""
    make_device_token(server, tmp_path / "home")
    with run_works(tmp_path / "home", office_settings(server_url(server), tmp_path / "feeder")) as device:
        device.lay(draw_page("one"))
        device.start("distribute-document", NOBODY, groups=["all.rec"], title="retried", review=False)
        task = device.wait("done", "failed")
        assert task.progress is not None
        assert (task.progress.done, task.progress.failed) == (3, 1)
        assert next(one["state"] for one in task.describe(NOBODY.asker)["deliveries"]) == "aborted"
        device.works.retry(None)
        wait_until(lambda: len(_attempts(server, task.jobs[0].id, "Tokyo")) == 2)
        device.wait("done")
        assert len(_attempts(server, task.jobs[0].id, "Osaka")) == 1


def test_why_nothing_is_sent_again_is_told_and_stays(server: Server, tmp_path: Path) -> None:
    """The server knows no such delivery; what is known of the others stays as it was."""
    make_device_token(server, tmp_path / "home")
    with run_works(tmp_path / "home", office_settings(server_url(server), tmp_path / "feeder")) as device:
        device.lay(draw_page("one"))
        device.start("distribute-document", NOBODY, groups=["all.rec"], title="refused", review=False)
        before = device.wait("done", "failed")
        device.works.retry([99])
        wait_until(lambda: device.task is not before)
        assert device.task.error is not None
        assert device.task.step == "done"


def _attempts(server: Server, job: str, name: str) -> list[object]:
    page = json.loads(server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"]
    number = next(one["number"] for one in page if one["destination"] == name)
    history: list[object] = json.loads(server.get(f"/api/v1/jobs/{job}/deliveries/{number}"))["history"]
    return history


def test_who_has_to_log_in_again_is_told_and_nothing_is_lost(server: Server, tmp_path: Path) -> None:
    """Her password was changed while her document waited for the server: the log-in of before counts no longer, and
    after the next one the document goes, in her name."""
    make_device_token(server, tmp_path / "home")
    administer(server, "POST", "/api/v1/users", name="anna", role="sender", password="the first one")
    grants: dict[str, str] = {}
    settings = office_settings(server_url(server), tmp_path / "feeder")
    link = Link(settings, tmp_path / "home", grants.get)
    anna = Person("anna")
    with run_works(tmp_path / "home", settings, grants.get) as device:
        grants["anna"] = link.sign_in(SignIn(user="anna", password="the first one")).grant
        administer(server, "PATCH", "/api/v1/users/anna", password="the second one")
        device.lay(draw_page("one"))
        device.start("distribute-document", anna, groups=["west.rec"], title="hers", review=False)
        task = device.wait("waiting")
        assert task.error is not None
        assert task.error.error == "sign-in-needed"
        [waiting] = device.works.sender.list_waiting(anna.asker)
        assert waiting.document.draft.private
        assert device.works.sender.list_waiting(Person("bob").asker) == []
        grants["anna"] = link.sign_in(SignIn(user="anna", password="the second one")).grant
        device.works.sender.wake()
        task = device.wait("done", "failed")
        assert (task.error, task.jobs[0].sender) == (None, "anna")
        assert _count_jobs(server, "hers") == 1


def test_a_quota_is_told_and_waited_for(server: Server, tmp_path: Path) -> None:
    """It is renewed: the order waits, with the server's words, and may be withdrawn."""
    make_device_token(server, tmp_path / "home")
    administer(server, "POST", "/api/v1/users", name="bob", role="sender", password="correct horse")
    administer(server, "PATCH", "/api/v1/users/bob", quota="jobs=1/month")
    settings = office_settings(server_url(server), tmp_path / "feeder")
    link = Link(settings, tmp_path / "home", lambda _user: None)
    grant = link.sign_in(SignIn(user="bob", password="correct horse")).grant
    bob = Person("bob")
    with run_works(tmp_path / "home", settings, lambda _user: grant) as device:
        for title, step in (("first", "done"), ("second", "waiting")):
            device.lay(draw_page(title))
            device.start("distribute-document", bob, groups=["west.rec"], title=title, review=False)
            device.wait(step)
        assert device.task.error is not None
        assert device.task.error.error == "account-limit-reached"
        [waiting] = device.works.sender.list_waiting(bob.asker)
        device.works.sender.withdraw(waiting.key, bob.asker)
        task = device.wait("failed")
        assert task.error is not None
        assert task.error.error == "order-withdrawn"
        assert [one.draft.title for one in device.memory.list_documents(bob.asker)] == ["second"]
        assert _count_jobs(server, "second") == 0


def test_who_has_gone_hears_of_what_failed(server: Server, tmp_path: Path) -> None:
    """The document was sent while nobody looked; one destination cannot be reached."""
    make_device_token(server, tmp_path / "home")
    settings = office_settings(server_url(server), tmp_path / "feeder")
    with run_works(tmp_path / "home", settings) as device:
        device.lay(draw_page("one"))
        device.start("store", NOBODY, title="late")
        stored = device.wait("done").documents[0]
        device.works.stop()
        order = make_order(
            server_url(server), NOBODY, read_wishes("fax", {"groups": ["all.rec"]})[1], "late", keep=True
        )
        Outbox(device.memory).add(stored.id, NOBODY.asker, order)
        device.works.sender.wake()
        wait_until(lambda: len(device.works.notices) == 2, lambda: device.works.notices)
        sent, failed = device.works.notices
        assert (sent.kind, failed.kind) == ("sent", "failed")
        assert (failed.words, failed.failed, failed.total) == ("late: 1 of 3 failed", 1, 3)
        assert sent.job == failed.job


def test_a_server_without_room_gets_it_when_it_has_some(server: Server, tmp_path: Path) -> None:
    make_device_token(server, tmp_path / "home")
    settings = office_settings(server_url(server), tmp_path / "feeder")
    _end(server)
    server.environment["DISTSERVER_SPOOL_RESERVE_MB"] = "100000000"
    server.start_again()
    server.get("/api/v1/groups")
    with run_works(tmp_path / "home", settings) as device:
        device.lay(draw_page("one"))
        device.start("distribute-document", NOBODY, groups=["west.rec"], title="room", review=False)
        task = device.wait("waiting", "failed")
        assert task.error is not None
        assert task.error.error == "no-space"
        _end(server)
        del server.environment["DISTSERVER_SPOOL_RESERVE_MB"]
        server.start_again()
        assert device.wait("done", "failed").error is None
        assert _count_jobs(server, "room") == 1


def test_a_device_that_was_shut_out_says_so_and_loses_nothing(server: Server, tmp_path: Path) -> None:
    """Its token was revoked while a document waited; with a new one it goes."""
    make_device_token(server, tmp_path / "home")
    settings = office_settings(server_url(server), tmp_path / "feeder")
    for token in administer(server, "GET", "/api/v1/tokens")["tokens"]:
        if token["role"] == "device":
            administer(server, "DELETE", f"/api/v1/tokens/{token['id']}")
    with run_works(tmp_path / "home", settings) as device:
        device.lay(draw_page("one"))
        device.start("distribute-document", NOBODY, groups=["west.rec"], title="shut out", review=False)
        task = device.wait("waiting", "failed")
        assert task.error is not None
        assert task.error.error == "device-refused"
    make_device_token(server, tmp_path / "home")
    with run_works(tmp_path / "home", settings) as device:
        wait_until(lambda: device.works.sender.count_waiting() == 0)
        assert _count_jobs(server, "shut out") == 1
        wait_until(lambda: files_of(device.home) == [])  # it is erased after that was noted
