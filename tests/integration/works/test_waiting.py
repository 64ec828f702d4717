"""What was given up for sending is sent, whatever the server is doing meanwhile, and sent once (SPEC D7, N4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mfp_client.works.person import Person
from tests.support.device_works import DeviceWorks, make_device_token, office_settings, run_works, server_url
from tests.support.memory_pages import draw_page, files_of
from tests.support.patience import wait_until
from tests.support.server import Server, run_server

NOBODY = Person()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that is ended and started again."""
    with run_server(tmp_path_factory.mktemp("server")) as running:
        lines = ["discard:own; own", "discard:osaka; Osaka", "tel:+81312345678; Tokyo"]
        running.write_group("all.rec", "everybody", lines)
        running.write_group("west.rec", "west", ["discard:osaka; Osaka"])
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
    """A number without a telephone line fails; the others are not sent a second time."""
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


def _attempts(server: Server, job: str, name: str) -> list[object]:
    page = json.loads(server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"]
    number = next(one["number"] for one in page if one["destination"] == name)
    history: list[object] = json.loads(server.get(f"/api/v1/jobs/{job}/deliveries/{number}"))["history"]
    return history


def test_who_has_to_log_in_again_is_told_and_nothing_is_lost(server: Server, tmp_path: Path) -> None:
    """The device may not act for her any more; after the next log-in it goes."""
    make_device_token(server, tmp_path / "home")
    token = (tmp_path / "home" / "server-token").read_text().strip()
    grants: dict[str, str] = {}
    settings = office_settings(server_url(server), tmp_path / "feeder")
    with run_works(tmp_path / "home", settings, grants.get) as device:
        device.lay(draw_page("one"))
        anna = Person("anna")
        device.start("distribute-document", anna, groups=["west.rec"], title="hers", review=False)
        device.wait("waiting")
        [waiting] = device.works.sender.list_waiting(anna.asker)
        assert waiting.hindrance is not None
        assert waiting.hindrance.keyword == "sign-in-needed"
        assert device.works.sender.list_waiting(Person("bob").asker) == []
        grants["anna"] = token  # stands for a grant: what is tested is that it is looked up when it is sent
        device.works.sender.wake()
        device.wait("done")
        assert _count_jobs(server, "hers") == 1
