"""Wishes that somebody changes after the server has refused some of the orders: nothing is sent as two jobs."""

from __future__ import annotations

import threading
from pathlib import Path

from distwire.api.failures import Refused
from distwire.api.jobs import SubmissionForm
from mfp_client.memory.records import Draft
from mfp_client.works.person import Person
from mfp_client.works.tools import Tools
from mfp_client.works.wishes import read_wishes
from mfp_client.works.works import Works
from tests.support.device_works import office_settings
from tests.support.memory_pages import open_memory, store
from tests.support.patience import wait_until
from tests.support.scripted_server import ScriptedServer


def test_an_order_that_is_on_its_way_is_not_replaced(tmp_path: Path) -> None:
    """The first of two documents is refused while the second is being sent."""
    asked, let_go = threading.Event(), threading.Event()

    def judge(form: SubmissionForm, _key: str) -> None:
        if form.group == ["gone.rec"] and form.title == "first":
            raise Refused(404, "no-such-group", "there is no such group")
        if form.group == ["gone.rec"]:
            asked.set()
            let_go.wait()

    server = ScriptedServer(judge)
    with open_memory(tmp_path) as memory:
        ids = [str(store(memory, Draft(title, "anna")).id) for title in ("first", "second")]
        works = Works(Tools(memory, office_settings(server.url, tmp_path / "feeder"), server, tmp_path))
        try:
            said = {"ids": ids, "groups": ["gone.rec"], "review": False}
            works.start(*read_wishes("distribute-file", said), Person("anna"))
            wait_until(lambda: works.need_task().step == "review")
            assert asked.wait(60)
            works.go(read_wishes("distribute-file", {**said, "groups": ["sales.rec"]})[1])
            wait_until(lambda: ("sales.rec",) in [one.to for one in works.sender.list_waiting(Person("anna").asker)])
            let_go.set()
            wait_until(lambda: len(works.need_task().jobs) == 2)  # "following" is said before
            assert works.sender.count_waiting() == 0
            assert [job.title for job in works.need_task().jobs] == ["first", "second"]
            assert len(server.keys) == 2
        finally:
            let_go.set()
            works.close()
