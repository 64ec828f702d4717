"""A device scans a document for a group of a real server and has it sent, then erases another one, again and again.
Each time its process dies by SIGKILL at another of its writes or calls to the server, right before it, right after, or
in its middle; or it finds the disk full there. All happens in one home.

    python -m tests.support.works_crash FOLDER keep|erase kill-before|kill-after|kill-within|full [FIRST STEP]

prints a JSON object: at how many writes it was struck (each STEP-th), which there are, and what was wrong, in words.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfp_client.memory.errors import Erased
from mfp_client.memory.records import Draft
from mfp_client.server.link import Link
from mfp_client.works.person import Person
from tests.support.device_works import DeviceWorks, make_device_token, office_settings, run_works, server_url
from tests.support.memory_crash import Journal, Striker, watch
from tests.support.memory_pages import FAX, add_image, draw_page
from tests.support.server import Server, run_server

NOBODY = Person()
PAGES = 2
_SECONDS = 120.0


@dataclass(frozen=True)
class Campaign:
    """`keep`: the document stays in the memory when it was sent."""

    folder: Path
    server: Server
    keep: bool
    how: str

    @property
    def settings(self) -> Any:
        return office_settings(server_url(self.server), self.folder / "feeder")

    @property
    def journal(self) -> Journal:
        return Journal(self.folder)


def strike(campaign: Campaign, number: int) -> tuple[bool, list[str]]:
    """Have a process struck at write `number`: whether it was, and which writes it came to."""
    striker = Striker(number, campaign.how)

    def act() -> dict[str, Any]:
        watch(striker)
        _watch_submit(striker)
        _work(campaign, striker, f"{campaign.how} {number}")
        return {"names": striker.names}

    said = run_forked(campaign.folder, act)
    if said is None:
        return True, []
    return len(said["names"]) >= number, said["names"]


def judge(campaign: Campaign, title: str) -> list[str]:
    """What is wrong once the device was started again, and has sent what waited."""
    said = run_forked(campaign.folder, lambda: {"wrong": list(_judge(campaign, title))})
    return ["the device does not start again"] if said is None else said["wrong"]


def run_forked(folder: Path, act: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What `act` answers in a process of its own; None when that was killed. Raises when it failed."""
    told = folder / "told"
    told.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            said = act()
        except BaseException as error:  # told to the parent, which fails by it
            said = {"failed": repr(error)}
        told.write_text(json.dumps(said))
        os._exit(0)
    os.waitpid(child, 0)
    if not told.exists():
        return None
    answer: dict[str, Any] = json.loads(told.read_text())
    if "failed" in answer:
        raise AssertionError(answer["failed"])
    return answer


def _watch_submit(striker: Striker) -> None:
    """A call to the server is a write too: it may be the last thing that the device did."""
    submit = Link.submit

    def struck(self: Link, *arguments: Any) -> Any:
        return striker.around("submit", lambda: submit(self, *arguments))

    Link.submit = struck  # type: ignore[method-assign]


def _work(campaign: Campaign, striker: Striker, title: str) -> None:
    journal = campaign.journal
    with run_works(campaign.folder / "home", campaign.settings) as device:
        with device.memory.open(Draft("old")) as old:
            add_image(old, draw_page("old"), FAX)
            old.close()
        for path in device.feeder.glob("*.tif"):
            path.unlink()
        device.lay(*(draw_page(f"page {number}") for number in range(1, PAGES + 1)))
        striker.armed = True
        device.start("distribute-document", NOBODY, groups=["west.rec"], title=title, keep=campaign.keep, review=False)
        _see_through(device, journal, title)
        device.start("process", NOBODY, ids=[old.id], action="erase")
        journal.note("erasing", old.id)
        _see_through(device, journal, f"erased-{old.id}")
        striker.armed = False


def _see_through(device: DeviceWorks, journal: Journal, title: str) -> None:
    """Until the task has ended, as somebody at the panel would: who makes room and goes on."""
    told, until = "", time.monotonic() + _SECONDS
    while True:
        task = device.task
        image_id = task.documents[0].id if task.documents else 0
        line = f"{title.replace(' ', '-')} {task.step} {len(task.pages)} {image_id}"
        if line != told:
            journal.note("saw", line)
            told = line
        if task.step in ("done", "failed"):
            return
        if task.step == "asking" and task.question is not None:
            goes_on = "continue" in task.question.answers
            device.works.answer("continue" if goes_on else "end")
            if not goes_on:
                journal.note("ended", title.replace(" ", "-"))
        if task.step in ("sending", "waiting"):
            device.works.sender.wake()
        assert time.monotonic() < until, task
        time.sleep(0.02)


def _judge(campaign: Campaign, title: str) -> Iterator[str]:
    saw = [line[2:] for line in campaign.journal.lines() if line[:2] == ["saw", title.replace(" ", "-")]]
    with run_works(campaign.folder / "home", campaign.settings) as device:
        _await_sent(device)
        jobs = [job for job in _list_jobs(campaign.server) if job["title"] == title]
        whole = ["ended", title.replace(" ", "-")] not in campaign.journal.lines()
        yield from _judge_jobs(jobs, saw, PAGES if whole else 1)
        yield from _judge_document(device, campaign, jobs, saw)
        yield from _judge_others(device, campaign)


def _await_sent(device: DeviceWorks) -> None:
    until = time.monotonic() + _SECONDS
    while device.works.sender.count_waiting():
        device.works.sender.wake()
        assert time.monotonic() < until, device.works.sender.list_waiting(NOBODY.asker)
        time.sleep(0.02)


def _list_jobs(server: Server) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = json.loads(server.get("/api/v1/jobs?limit=10"))["jobs"]
    return jobs


def _judge_jobs(jobs: list[dict[str, Any]], saw: list[list[str]], least: int) -> Iterator[str]:
    steps = {line[0] for line in saw}
    if len(jobs) > 1:
        yield f"sent {len(jobs)} times"
    if not jobs and steps & {"following", "done"}:
        yield "told as sent, and the server has no job"
    for job in jobs:
        if not least <= job["documents"][0]["pages"] <= PAGES or job["counts"]["total"] != 1:
            yield f"the job has {job['documents']} for {job['counts']}"


def _judge_document(
    device: DeviceWorks, campaign: Campaign, jobs: list[dict[str, Any]], saw: list[list[str]]
) -> Iterator[str]:
    """Sent: gone, or kept with the note of it. Not sent: its whole pages are still there, to be finished."""
    image_id = next((int(line[2]) for line in reversed(saw) if line[2] != "0"), None)
    shown = max((int(line[1]) for line in saw), default=0)
    if image_id is None:
        return
    try:
        found = device.memory.find(image_id, NOBODY.asker, unclosed=True)
    except Erased:
        if campaign.keep and jobs:
            yield f"{image_id}: lost, though it was to be kept"
        if not jobs and shown > 1 and not any(line[0] == "failed" for line in saw):
            yield f"{image_id}: lost with {shown} pages, and never sent"
        return
    if jobs and not campaign.keep:
        yield f"{image_id}: left over though it was sent"
    if jobs and campaign.keep and [one.job for one in found.copies] != [job["id"] for job in jobs]:
        yield f"{image_id}: its copies are {found.copies}"
    if not jobs and (found.state != "open" or found.pages < shown - 1):
        yield f"{image_id}: {found.state} with {found.pages} pages, {shown} were shown, and never sent"
    device.memory.erase(image_id, NOBODY.asker)


def _judge_others(device: DeviceWorks, campaign: Campaign) -> Iterator[str]:
    erasing = {int(line[1]) for line in campaign.journal.lines() if line[0] == "erasing"}
    ended = {line[1] for line in campaign.journal.lines() if line[0] == "saw" and line[2] == "done"}
    for one in device.memory.list_documents(NOBODY.asker, text="old"):
        if one.id in erasing and f"erased-{one.id}" in ended:
            yield f"{one.id}: left over though it was erased"
        device.memory.erase(one.id, NOBODY.asker)
    rows = {f"{row['id']}.tif" for row in device.memory.table.rows("SELECT id FROM document")}
    files = {path.name for path in (device.home / "memory" / "images").iterdir()}
    if rows != files:
        yield f"rows {sorted(rows)}, but files {sorted(files)}"
    scans = device.home / "works" / "scans"
    if scans.is_dir() and list(scans.iterdir()):
        yield "pages of a scan are left on the disk"


def run_campaign(campaign: Campaign, first: int, step: int) -> dict[str, Any]:
    """Strike at each `step`-th write from `first` on until there are no more."""
    wrong: list[str] = []
    number, strikes, struck, names = first, 0, True, []
    while struck:
        struck, names = strike(campaign, number)
        strikes += struck
        wrong += [f"write {number}: {one}" for one in judge(campaign, f"{campaign.how} {number}")]
        number += step
    return {"strikes": strikes, "writes": names, "wrong": wrong}


def main(arguments: list[str]) -> int:
    """Run one campaign."""
    folder, what, how = Path(arguments[0]), arguments[1], arguments[2]
    first, step = (int(arguments[3]), int(arguments[4])) if len(arguments) > 4 else (1, 1)
    with run_server(folder / "server") as server:
        server.write_group("all.rec", "everybody", ["discard:own; own", "discard:osaka; Osaka"])
        server.write_group("west.rec", "west", ["discard:osaka; Osaka"])
        server.wait_for_groups("all.rec", "west.rec")
        make_device_token(server, folder / "home")
        print(json.dumps(run_campaign(Campaign(folder, server, what == "keep", how), first, step)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
