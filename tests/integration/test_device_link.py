"""What a device makes of its server's answers, asked over the wire (SPEC D5, D9, D10)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.api.exchange import Reply, Request
from distwire.api.failures import Refused, Unreachable
from distwire.api.panel import SignIn
from distwire.local.token import write_token
from mfp_client.server.link import Link
from mfp_client.settings import DeviceSettings
from mfp_client.works.faults import SignInNeeded
from tests.support.device_works import ADDRESS, make_device_token, server_url
from tests.support.ippeveprinter import find_port
from tests.support.patience import wait_until
from tests.support.server import Server, run_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with run_server(tmp_path_factory.mktemp("server")) as running:
        running.write_group("all.rec", "everybody", [f"{ADDRESS}; own", "discard:osaka; Osaka"])
        running.write_group("east.rec", "east", [f"{ADDRESS}; own"])
        running.write_group("west.rec", "west", ["discard:osaka; Osaka"])
        wait_until(lambda: b"west.rec" in running.get("/api/v1/groups"))
        yield running


@pytest.fixture
def link(server: Server, tmp_path: Path) -> Link:
    make_device_token(server, tmp_path)
    return Link(DeviceSettings(server=server_url(server), address=ADDRESS), tmp_path, lambda _user: "dg_old")


def _unplug(link: Link) -> None:
    """The next answer does not come: nothing listens there."""
    url = f"http://127.0.0.1:{find_port()}"
    real, link._client = link._client, Link(DeviceSettings(server=url), Path("/nowhere"), lambda _user: None)._client
    with pytest.raises(Unreachable):
        link.register("west.rec")
    link._client = real
    assert link.state() == "down"


def test_memberships_are_one_question(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = link._client._exchange.ask
    monkeypatch.setattr(link._client._exchange, "ask", lambda request: asked.append(request.target) or ask(request))
    listed = [(one.file, one.member) for one in link.memberships().value]
    assert listed == [("all.rec", True), ("east.rec", True), ("west.rec", False)]
    assert asked == ["/api/v1/memberships"]


def test_memberships_are_remembered_while_the_server_is_away(link: Link) -> None:
    fresh = link.memberships()
    _unplug(link)
    kept = link.memberships()
    assert (fresh.stale, kept.stale) == (False, True)
    assert kept.value == fresh.value


def test_a_server_that_says_nothing_is_not_waited_for_where_an_answer_is_kept(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection and never answers: what is to be sent waits for two minutes, what is only shown does
    not."""
    link.refresh()
    monkeypatch.setattr("mfp_client.server.link._SOON", 0.2)
    told: list[bool] = []
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        link._client = Link(DeviceSettings(server=url), Path("/nowhere"), lambda _user: None)._client
        asking = threading.Thread(target=lambda: told.append(link.memberships().stale), daemon=True)
        asking.start()
        asking.join(60)
    assert told == [True]
    assert link.state() == "down"


def test_what_is_kept_for_later_is_four_questions_however_many_groups_there_are(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = link._client._exchange.ask
    monkeypatch.setattr(link._client._exchange, "ask", lambda request: asked.append(request.target) or ask(request))
    link.refresh()
    assert asked == [f"/api/v1/{one}" for one in ("groups", "members", "destinations", "memberships")]
    fresh = link.recipients(["west.rec", "all.rec"], ["own"])
    _unplug(link)
    kept = link.recipients(["west.rec", "all.rec"], ["own"])
    assert kept.stale
    assert [(one.name, sorted(one.groups)) for one in kept.value.recipients] == [
        ("Osaka", ["all.rec", "west.rec"]),
        ("own", ["all.rec"]),
    ]
    assert {one.uri for one in kept.value.recipients} == {one.uri for one in fresh.value.recipients}


def test_recipients_are_as_old_as_the_answer(link: Link) -> None:
    link.look()
    before = time.time()
    assert link.recipients(["west.rec"], []).as_of >= before


def test_a_grant_that_is_refused_is_an_answer_all_the_same(link: Link) -> None:
    _unplug(link)
    with pytest.raises(SignInNeeded):
        link.jobs("anna")
    assert link.state() == "up"


def test_a_password_that_is_refused_says_nothing_of_the_device(link: Link) -> None:
    with pytest.raises(Refused):
        link.sign_in(SignIn(user="anna", password="wrong"))
    assert link.state() == "up"


def test_a_token_that_is_refused_at_sign_in_is_told(server: Server, tmp_path: Path) -> None:
    write_token(tmp_path, "dt_revoked")
    link = Link(DeviceSettings(server=server_url(server)), tmp_path, lambda _user: "dg_old")
    with pytest.raises(Refused):
        link.sign_in(SignIn(user="anna", password="wrong"))
    assert link.state() == "refused"
    with pytest.raises(SignInNeeded):
        link.jobs("anna")
    assert link.state() == "refused"


def test_what_has_not_changed_is_not_sent_again(server: Server, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device looks every five minutes; members of all groups may be many."""
    sizes: list[tuple[int, int]] = []
    ask = link._client._exchange.ask

    def note(request: Request) -> Reply:
        reply = ask(request)
        sizes.append((reply.status, len(reply.data)))
        return reply

    monkeypatch.setattr(link._client._exchange, "ask", note)
    link.refresh()
    assert [status for status, _ in sizes] == [200] * 4
    first = link.members()
    del sizes[:]
    link.refresh()
    assert sizes == [(304, 0)] * 4
    again = link.members()
    assert (again.value, again.stale) == (first.value, False)
    assert again.as_of >= first.as_of
    try:
        server.write_group("north.rec", "north", ["discard:osaka; Osaka"])
        wait_until(lambda: b"north.rec" in server.get("/api/v1/groups"))
        assert "north.rec" in [one.file for one in link.members().value.groups]
    finally:
        (server.home / "groups" / "north.rec").unlink()
        wait_until(lambda: b"north.rec" not in server.get("/api/v1/groups"))


def test_an_answer_that_was_spoilt_on_the_disk_is_asked_for_whole(link: Link) -> None:
    link.refresh()
    for file in link._shelf._folder.glob("*.json"):
        file.write_text("{}")
    assert next(one.file for one in link.groups().value) == "all.rec"
    assert link.members().value.groups
