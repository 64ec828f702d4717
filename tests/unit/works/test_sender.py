"""What waits is given up only while it is not on its way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from distwire.api.client import DocumentFile
from distwire.api.failures import Refused, Unreachable
from distwire.api.jobs import Answer, DeliveryPage, Job, SubmissionForm
from mfp_client.memory.outbox import Outbox
from mfp_client.memory.records import Draft
from mfp_client.works import sending as sending_module
from mfp_client.works.faults import BeingSent
from mfp_client.works.link import LinkState
from mfp_client.works.orders import make_order
from mfp_client.works.person import Person
from mfp_client.works.sending import Sender
from mfp_client.works.wishes import read_wishes
from tests.support.memory_pages import open_memory, store
from tests.support.patience import wait_until
from tests.support.scripted_server import ScriptedServer


class HangingServer:
    """Takes a document and says nothing until it is let go; then the connection breaks off."""

    url = "http://server.example"

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def state(self) -> LinkState:
        return "up"

    def submit(self, _user: str, _form: SubmissionForm, _document: DocumentFile, _key: str) -> Job:
        self.asked.set()
        self.let_go.wait()
        raise Unreachable("the connection broke off", begun=True)

    def job(self, _user: str, _job: str) -> Job:
        raise NotImplementedError

    def deliveries(self, _user: str, _job: str, _after: int, _changed_since: datetime | None) -> DeliveryPage:
        raise NotImplementedError

    def retry(self, _user: str, _job: str, _deliveries: Sequence[int] | None) -> Answer:
        raise NotImplementedError


def test_an_order_that_is_on_its_way_is_not_called_withdrawn(tmp_path: Path) -> None:
    server = HangingServer()
    with open_memory(tmp_path) as memory:
        stored = store(memory)
        _, wishes = read_wishes("distribute-file", {"ids": [str(stored.id)], "groups": ["sales.rec"]})
        owner = Person(stored.draft.owner)
        order = make_order(server.url, owner, wishes, "notice", keep=True)
        sending = Outbox(memory).add(stored.id, owner.asker, order)
        sender = Sender(memory, server)
        sender.start()
        try:
            assert server.asked.wait(60)
            with pytest.raises(BeingSent):
                sender.withdraw(sending.key, owner.asker)
            assert Outbox(memory).find(sending.key) == sending
            server.let_go.set()
            wait_until(lambda: sender.find_hindrance(sending.key) is not None)
            assert sender.withdraw(sending.key, owner.asker)
            assert not sender.withdraw(sending.key, owner.asker)
            assert Outbox(memory).list_waiting() == []
            assert memory.find(stored.id, owner.asker) is not None
        finally:
            server.let_go.set()
            sender.end()
            sender.join(60)


def test_an_order_is_tried_again_when_the_server_said_however_long_another_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = 0.0
    monkeypatch.setattr(sending_module, "time", SimpleNamespace(monotonic=lambda: 1000.0 + ahead))

    def judge(form: SubmissionForm, _key: str) -> None:
        nonlocal ahead
        if form.title == "long":
            ahead += 100.0
        else:
            raise Refused(503, "busy", "the server is busy", retry_after=20.0)

    server = ScriptedServer(judge)
    with open_memory(tmp_path) as memory:
        for title in ("long", "busy"):
            stored = store(memory, Draft(title, "anna"))
            _, wishes = read_wishes("distribute-file", {"ids": [str(stored.id)], "groups": ["sales.rec"]})
            order = make_order(server.url, Person("anna"), wishes, title, keep=True)
            Outbox(memory).add(stored.id, Person("anna").asker, order)
        assert Sender(memory, server)._send_all() == 20.0
