"""A device is killed at every step of what somebody does at its panel. Started again, its screen tells the truth:
nothing is sent or printed twice, nothing is lost, no file is left over (SPEC D5, D7, D12)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.chromium import run_chromium
from tests.support.panel import Panel
from tests.support.panel_kills import PAGES, PASSWORD, USER, Victim, count_sides, cut, judge_files, watch
from tests.support.patience import wait_until
from tests.support.server import Server, run_server

pytestmark = pytest.mark.real

Moment = Callable[[dict[str, Any]], bool]
_SCANNING: dict[str, Moment] = {
    "begun": lambda _: True,
    "second page": lambda task: task["scan"] is not None and task["scan"]["pages"] >= 2,
    "review": lambda task: task["step"] == "review",
}
_SENDING: dict[str, Moment] = {
    "started": lambda _: True,
    "sending": lambda task: task["step"] != "review",
    "accepted": lambda task: bool(task["jobs"]),
    "sheet": lambda task: task["step"] == "printing",
    "ended": lambda task: task["step"] == "done",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with run_server(tmp_path_factory.mktemp("server")) as server:
        server.write_group("all.rec", "everybody", ["discard:own; own", "discard:osaka; Osaka"])
        server.write_group("west.rec", "west", ["discard:osaka; Osaka"])
        done = server.command("user", "add", USER, "--role", "sender", "--password-stdin", stdin=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr
        yield server


@pytest.fixture
def victim(tmp_path: Path, server: Server) -> Victim:
    return Victim(tmp_path / "home", server)


def _begin(panel: Panel, kind: str, **wishes: Any) -> None:
    panel.log_in(USER, PASSWORD)
    panel.lay_text(PAGES)
    panel.post("/api/tasks", kind=kind, **wishes)


def _look_again(panel: Panel) -> dict[str, Any]:
    """What the screen says to who logs in after the start: nobody is there, and nothing is at work."""
    state = panel.get("/api/state")
    assert (state["seat"], state["task"]) == (None, None)
    panel.log_in(USER, PASSWORD)
    state = panel.get("/api/state")
    assert state["task"] is None
    told: dict[str, Any] = state
    return told


def _list_ids(panel: Panel) -> set[int]:
    return {one["id"] for one in panel.get("/api/documents")["documents"]}


@pytest.mark.parametrize("moment", _SCANNING)
def test_killed_before_start_nothing_is_sent_and_what_was_scanned_is_there(victim: Victim, moment: str) -> None:
    victim.settle()
    title = f"before {moment}"
    with victim.run() as (device, panel):
        _begin(panel, "distribute-document", groups=["west.rec"], title=title)
        watch(panel, _SCANNING[moment])
        shown = len(panel.task()["pages"])
        review = panel.task()["step"] == "review"
        cut(device)
    with victim.run() as (_, panel):
        state = _look_again(panel)
        assert victim.jobs(title) == []
        unfinished = state["unfinished"]
        assert sum(one["pages"] for one in unfinished) >= (PAGES if review else shown - 1), (shown, unfinished)
        assert judge_files(victim.home, {one["id"] for one in unfinished}) == []
        if unfinished:  # it is taken up, and sent once
            [document] = unfinished
            panel.post("/api/tasks", kind="distribute-document", unfinished=document["id"], groups=["west.rec"])
            panel.wait_for("review")
            panel.post("/api/task/start", keep=False)
            assert panel.wait_for("done", "failed")["step"] == "done"
            assert [one["documents"][0]["pages"] for one in victim.jobs(title)] == [document["pages"]]
        assert judge_files(victim.home, set()) == []


@pytest.mark.parametrize("moment", _SENDING)
def test_killed_after_start_it_is_sent_once_or_is_still_unfinished(victim: Victim, moment: str) -> None:
    victim.settle()
    title = f"after {moment}"
    with victim.run() as (device, panel):
        _begin(panel, "distribute-document", groups=["west.rec"], title=title, keep=True, sheet=True)
        panel.wait_for("review")
        panel.post("/api/task/start")
        watch(panel, _SENDING[moment])
        told = panel.task()
        cut(device)
    with victim.run() as (_, panel):
        state = _look_again(panel)
        wait_until(lambda: panel.get("/api/waiting")["waiting"] == [], lambda: panel.get("/api/waiting"))
        jobs, unfinished = victim.jobs(title), {one["id"] for one in state["unfinished"]}
        assert len(jobs) + len(unfinished) == 1, (jobs, unfinished)
        assert jobs or not told["jobs"], told
        assert [one["documents"][0]["pages"] for one in jobs] in ([], [PAGES])
        kept = _list_ids(panel)
        assert len(kept) == len(jobs)
        wait_until(lambda: judge_files(victim.home, kept | unfinished) == [])
        sheets = count_sides(victim.home / "tray")
        assert sheets in ([], [1]), sheets
        assert sheets == [1] or told["step"] != "done", told


@pytest.mark.parametrize("moment", ["printing", "done"])
def test_a_copy_that_was_cut_off_stays_nowhere_and_is_printed_once(victim: Victim, moment: str) -> None:
    victim.settle(print_seconds_per_page=0.2)
    with victim.run() as (device, panel):
        _begin(panel, "copy", copies=2)
        watch(panel, lambda task: task["step"] in (moment, "done"))
        cut(device)
    with victim.run() as (_, panel):
        state = _look_again(panel)
        assert (state["unfinished"], _list_ids(panel)) == ([], set())
        wait_until(lambda: panel.get("/api/state")["printer"]["state"] == "idle")
        wait_until(lambda: judge_files(victim.home, set()) == [], lambda: judge_files(victim.home, set()))
        assert count_sides(victim.home / "tray") in ([[PAGES]] if moment == "done" else [[], [PAGES]])


def test_whoever_logs_out_or_in_at_that_instant_is_out_afterwards(victim: Victim) -> None:
    victim.settle()
    for leaves in (True, False):
        with victim.run() as (device, panel):
            panel.log_in(USER, PASSWORD)
            if leaves:
                panel.post("/api/log-out")
            cut(device)
        with victim.run() as (_, panel):
            assert panel.ask("GET", "/api/documents").status == 401
            assert panel.get("/api/state")["seat"] is None


def test_the_page_in_the_browser_comes_back_by_itself_when_its_panel_was_killed(victim: Victim) -> None:
    victim.settle()
    with victim.run() as (device, panel), run_chromium() as browser:
        page = browser.new_page(viewport={"width": 800, "height": 480})
        page.goto(device.panel)
        page.wait_for_selector("[data-dialog=log-in]")
        page.keyboard.type(f"{USER}")
        panel.log_in(USER, PASSWORD)  # a screen of its own, which knows no other
        panel.lay_text(PAGES)
        panel.post("/api/tasks", kind="store", title="in the middle")
        process = device.panel_process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        device.ask("api/state")  # the keeper has started another one
        page.wait_for_selector("[data-dialog=log-in]")
        assert page.evaluate("fetch('/api/state').then(answer => answer.json()).then(told => told.seat)") is None
        state = _look_again(panel)
        assert judge_files(victim.home, {one["id"] for one in state["unfinished"]} | _list_ids(panel)) == []
