"""From paper to all members of a group (SPEC D5 to D8), through a real server: sent once, erased or kept, as chosen."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from mfp_client.memory.errors import Erased, NotYours
from mfp_client.memory.outbox import Outbox
from mfp_client.memory.records import Asker, Draft, SendOrder
from mfp_client.works.faults import NotAsked, WrongWish
from mfp_client.works.memo import read_memo
from mfp_client.works.orders import make_order
from mfp_client.works.person import Person
from mfp_client.works.wishes import Wishes
from tests.support.device_works import (
    DeviceWorks,
    make_device_token,
    office_settings,
    run_works,
    server_url,
)
from tests.support.memory_pages import draw_page, files_of, store
from tests.support.patience import wait_until
from tests.support.server import Server

NOBODY, ANNA = Person(), Person("anna")
WISHES = Wishes(groups=("west.rec",))


def _count_jobs(server: Server, title: str) -> int:
    return sum(job["title"] == title for job in _jobs(server))


def _jobs(server: Server) -> list[dict[str, object]]:
    jobs: list[dict[str, object]] = json.loads(server.get("/api/v1/jobs?limit=100"))["jobs"]
    return jobs


def test_a_document_goes_to_groups_and_destinations_and_is_erased(device: DeviceWorks, server: Server) -> None:
    """A destination in several chosen groups gets it once; each has its receipt."""
    device.lay(draw_page("one"), draw_page("two"))
    device.start("distribute-document", NOBODY, groups=["west.rec"], title="first words")
    task = device.wait("review", "failed")
    assert (task.documents[0].state, len(task.pages)) == ("open", 2)
    device.go(groups=["west.rec", "all.rec"], destinations=["discard:osaka"], title="第一報", copies=2)
    task = device.wait("done", "failed")
    assert (task.error, task.step) == (None, "done")
    [job] = task.jobs
    assert (job.title, job.state, job.options.copies, job.documents[0].pages) == ("第一報", "completed", 2, 2)
    assert sorted(one.destination for one in task.deliveries) == ["Kobe", "Osaka", "own"]
    assert task.progress is not None
    assert (task.progress.done, task.progress.total, task.progress.failed) == (3, 3, 0)
    with pytest.raises(Erased, match="when it had been sent"):
        device.memory.find(task.documents[0].id, NOBODY.asker)
    assert files_of(device.home) == []
    assert device.works.notices == []
    with pytest.raises(NotAsked, match="nothing has failed"):
        device.works.retry(None)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_job_without_a_title_is_called_by_when_and_where_it_was_scanned(
    tmp_path: Path, server: Server, language: str
) -> None:
    """On the board and in receipts; its file, beside it, has the image ID."""
    settings = office_settings(server_url(server), tmp_path / "feeder", language=language, name="営業部 Copier")
    (tmp_path / "device").mkdir()
    make_device_token(server, tmp_path / "device")
    with run_works(tmp_path / "device", settings) as device:
        device.lay(draw_page("one"))
        device.start("distribute-document", NOBODY, groups=["west.rec"], keep=True, review=False)
        task = device.wait("done", "failed")
        [kept] = device.memory.list_documents(NOBODY.asker)
        device.start("distribute-file", NOBODY, ids=[str(kept.id)], groups=["west.rec"], review=False)
        again = device.wait("done", "failed")
    when = datetime.fromtimestamp(kept.made)  # noqa: DTZ006 what the clock on the wall says
    said = {"en": f"Scan of {when.day} {when:%b %Y %H:%M}, 営業部 Copier"}
    said["ja"] = f"{when.year}年{when.month}月{when.day}日 {when:%H:%M} スキャン、営業部 Copier"
    for job in (*task.jobs, *again.jobs):
        told = json.loads(server.get(f"/api/v1/jobs/{job.id}"))
        assert (told["title"], [one["name"] for one in told["documents"]]) == (said[language], [f"{kept.id}.tif"])
    assert kept.draft.title == ""


def test_a_document_that_is_kept_says_where_it_was_sent(device: DeviceWorks, server: Server) -> None:
    device.lay(draw_page("one"))
    device.start("distribute-document", NOBODY, groups=["west.rec"], title="kept", keep=True, review=False)
    task = device.wait("done", "failed")
    [kept] = device.memory.list_documents(NOBODY.asker)
    assert [(one.job, one.server) for one in kept.copies] == [(task.jobs[0].id, device.works.sender._link.url)]


def test_who_keeps_a_scan_finds_it_with_what_it_was_meant_for(device: DeviceWorks) -> None:
    """At the review: with the title and groups that are wished by then. It is taken up, and dropped when asked."""
    device.lay(draw_page("one"), draw_page("two"))
    device.start("distribute-document", ANNA, groups=["west.rec"])
    device.wait("review", "failed")
    device.works.keep(device.task.wishes.model_copy(update={"title": "for the west", "groups": ("all.rec",)}))
    [left] = device.works.unfinished(ANNA.asker)
    assert (left.draft.title, left.pages) == ("for the west", 2)
    meant = {"groups": ["all.rec"], "title": "for the west"}
    assert read_memo(left.memo) == {"kind": "distribute-document", "wishes": meant}
    used = device.memory.room.usage()
    for drop in (False, True):
        device.start("distribute-document", ANNA, unfinished=str(left.id), **meant)
        assert len(device.wait("review", "failed").pages) == 2
        assert device.works.page_jpeg(1, "large")
        assert device.memory.room.usage() == used
        device.works.stop(drop=drop)
        assert len(device.works.unfinished(ANNA.asker)) == (0 if drop else 1)
    assert files_of(device.home) == []


def test_what_is_not_complete_is_asked_for_again(device: DeviceWorks) -> None:
    device.lay(draw_page("one"))
    with pytest.raises(WrongWish, match="mark sheet"):
        device.start("distribute-document", NOBODY, groups=["west.rec"], sheet=True)
    device.start("distribute-document", NOBODY)
    device.wait("review")
    with pytest.raises(WrongWish, match="at least one group"):
        device.go()
    assert device.task.step == "review"


def test_who_stops_at_the_review_sends_nothing(device: DeviceWorks, server: Server) -> None:
    device.lay(draw_page("one"))
    device.start("distribute-document", NOBODY, groups=["west.rec"], title="stopped")
    device.wait("review")
    device.works.stop()
    assert files_of(device.home) == []
    assert _count_jobs(server, "stopped") == 0


def test_what_the_server_refuses_waits_for_other_wishes(device: DeviceWorks, server: Server) -> None:
    """The group is unknown: the document is still there, with the server's words; other groups make it go."""
    device.lay(draw_page("one"))
    device.start("distribute-document", NOBODY, groups=["nowhere.rec"], title="changed", review=False)
    wait_until(lambda: device.task.error is not None)
    task = device.wait("review")
    assert task.error is not None
    assert (task.error.error, "nowhere.rec" in task.error.words) == ("unknown-group", True)
    [waiting] = device.works.sender.list_waiting(NOBODY.asker)
    told = waiting.describe(NOBODY.asker)
    assert (told["final"], told["facts"]["named"], task.error.facts["named"]) == (True, "nowhere.rec", "nowhere.rec")
    device.go(groups=["west.rec"], title="changed")
    assert device.wait("done", "failed").error is None
    assert device.works.sender.list_waiting(NOBODY.asker) == []
    assert files_of(device.home) == []
    assert _count_jobs(server, "changed") == 1


def test_who_stops_after_a_refusal_loses_nothing(device: DeviceWorks, server: Server) -> None:
    """The order stays with its words until somebody withdraws it, and the document after that."""
    device.lay(draw_page("one"))
    device.start("distribute-document", NOBODY, groups=["nowhere.rec"], review=False)
    wait_until(lambda: device.task.error is not None)
    device.wait("review")
    device.works.stop()
    [waiting] = device.works.sender.list_waiting(NOBODY.asker)
    assert waiting.hindrance is not None
    assert (waiting.hindrance.keyword, waiting.to) == ("unknown-group", ("nowhere.rec",))
    device.works.sender.withdraw(waiting.key, NOBODY.asker)
    assert device.works.sender.list_waiting(NOBODY.asker) == []
    assert [one.id for one in device.memory.list_documents(NOBODY.asker)] == [waiting.document.id]


def _refuse(device: DeviceWorks, kind: str, **said: object) -> int:
    """An order that the server does not take; the image ID of its document."""
    device.start(kind, NOBODY, groups=["nowhere.rec"], review=False, **said)
    wait_until(lambda: device.task.error is not None)
    task = device.wait("review")
    assert task.describe(NOBODY.asker)["refused"] is True
    return task.documents[0].id


@pytest.mark.parametrize("keep", [False, True])
def test_an_order_that_was_refused_goes_when_it_is_not_wanted(device: DeviceWorks, keep: bool) -> None:
    """And what was laid in for it alone with it."""
    device.lay(draw_page("one"))
    image_id = _refuse(device, "distribute-document", keep=keep)
    device.works.stop(drop=True)
    assert device.works.sender.list_waiting(NOBODY.asker) == []
    assert [one.id for one in device.memory.list_documents(NOBODY.asker)] == ([image_id] if keep else [])
    assert device.works.notices == []


def test_a_stored_document_stays_when_the_order_for_it_is_not_wanted(device: DeviceWorks) -> None:
    device.lay(draw_page("one"))
    device.start("store", NOBODY, title="stored")
    image_id = device.wait("done").documents[0].id
    _refuse(device, "distribute-file", ids=[str(image_id)], keep=False)
    device.works.stop(drop=True)
    assert device.works.sender.list_waiting(NOBODY.asker) == []
    assert [one.id for one in device.memory.list_documents(NOBODY.asker)] == [image_id]


def test_who_walks_away_from_a_refusal_is_told_of_it_later(device: DeviceWorks) -> None:
    device.lay(draw_page("one"))
    _refuse(device, "distribute-document", title="left")
    device.works.leave()
    assert [(one.kind, one.error, one.title) for one in device.works.notices] == [("failed", "unknown-group", "left")]
    assert device.works.sender.count_waiting() == 1


def test_stored_documents_are_sent_and_stay(device: DeviceWorks) -> None:
    """Several at once, each as a job; erased after that only where it is asked for."""
    for _ in range(2):
        device.lay(draw_page("one"))
        device.start("store", NOBODY, title="stored")
        device.wait("done")
    ids = [one.id for one in device.memory.list_documents(NOBODY.asker)]
    device.start("distribute-file", NOBODY, ids=[f"{one:,}".replace(",", " ")[:10].replace(" ", "") for one in ids])
    assert [one.id for one in device.wait("review", "failed").documents] == ids
    device.go(ids=ids, groups=["west.rec"])
    task = device.wait("done", "failed")
    assert (task.error, len(task.jobs), len(task.deliveries)) == (None, 2, 4)
    assert {one.id: len(one.copies) for one in device.memory.list_documents(NOBODY.asker)} == dict.fromkeys(ids, 1)
    device.start("distribute-file", NOBODY, ids=ids[:1], groups=["west.rec"], keep=False, review=False)
    device.wait("done", "failed")
    assert [one.id for one in device.memory.list_documents(NOBODY.asker)] == ids[1:]


def test_nobody_has_what_others_own_erased_also_after_a_refusal(tmp_path: Path, server: Server) -> None:
    """The server knows no such group; pressing start again asks for no more than the first time could."""
    make_device_token(server, tmp_path / "home")
    token = (tmp_path / "home" / "server-token").read_text().strip()  # stands for a grant
    settings = office_settings(server_url(server), tmp_path / "feeder")
    with run_works(tmp_path / "home", settings, lambda _user: token) as device:
        device.lay(draw_page("hers"))
        device.start("store", Person("anna"), title="hers")
        [stored] = device.wait("done").documents
        bob = Person("bob")
        device.start("distribute-file", bob, ids=[stored.id], groups=["nowhere.rec"], review=False)
        wait_until(lambda: device.task.error is not None)
        device.wait("review")
        device.go(ids=[stored.id], groups=["west.rec"], keep=False)
        wait_until(lambda: device.task.error is not None and device.task.error.error != "unknown-group")
        assert device.task.step == "review"
        assert device.task.error is not None
        assert device.task.error.error == "image-not-yours"
        device.go(ids=[stored.id], groups=["west.rec"])
        assert device.wait("done", "failed").error is None
        assert [one.id for one in device.memory.list_documents(bob.asker)] == [stored.id]


def test_a_document_that_is_not_there_is_told(device: DeviceWorks) -> None:
    device.start("distribute-file", NOBODY, ids=["10000001"], groups=["west.rec"])
    task = device.wait("failed")
    assert task.error is not None
    assert task.error.error == "image-not-found"


def test_a_number_is_faxed_as_a_job_of_one_destination(device: DeviceWorks) -> None:
    """The telephone line comes later: the server says that it has none for the number, or takes it."""
    device.lay(draw_page("one"))
    device.start("fax", NOBODY, to=["+81-3-1234-5678"], title="fax", review=False)
    wait_until(lambda: bool(device.task.deliveries))
    [delivery] = device.task.deliveries
    assert (delivery.destination, delivery.address) == ("Tokyo", "tel:+81312345678")
    device.works.stop()
    device.lay(draw_page("one"))
    device.start("fax", NOBODY, to=["Fax"], review=False)
    assert device.wait("done", "failed").deliveries[0].address == "discard:fax"


def test_a_device_without_a_server_says_so(tmp_path: Path) -> None:
    with run_works(tmp_path / "home", office_settings("", tmp_path / "feeder")) as works:
        works.start("distribute-document", NOBODY, groups=["west.rec"])
        task = works.wait("failed")
        assert task.error is not None
        assert task.error.error == "no-server"
        assert Outbox(works.memory).list_waiting() == []


def test_orders_that_cannot_be_carried_out_stay_with_words(device: DeviceWorks, server: Server) -> None:
    """One is for a server of before, one is no order of ours; the next one is sent all the same."""
    url = server_url(server)
    stored = [store(device.memory, Draft(title)) for title in ("other", "damaged", "good")]
    orders = [
        make_order("https://before.example.org", NOBODY, WISHES, "other", keep=True),
        SendOrder(url, "{", erase_after=False),
        make_order(url, NOBODY, WISHES, "good", keep=True),
    ]
    for one, order in zip(stored, orders, strict=True):
        Outbox(device.memory).add(one.id, NOBODY.asker, order)
    device.works.sender.wake()
    wait_until(lambda: len(device.works.notices) == 3)  # whoever sends tells of it last
    assert (_count_jobs(server, "good"), device.works.sender.count_waiting()) == (1, 2)
    waiting = device.works.sender.list_waiting(Asker(operator=True))
    hindrances = {one.document.draft.title: one.hindrance for one in waiting}
    assert {title: one.keyword for title, one in hindrances.items() if one is not None and one.final} == {
        "other": "another-server",
        "damaged": "order-damaged",
    }
    assert sorted(one.kind for one in device.works.notices) == ["failed", "failed", "sent"]


def test_only_whoever_may_withdraw_does(device: DeviceWorks) -> None:
    anna = store(device.memory, Draft("hers", "anna"))
    Outbox(device.memory).add(anna.id, Asker("anna"), make_order("https://x", Person("anna"), WISHES, "", keep=True))
    [waiting] = device.works.sender.list_waiting(Asker("anna"))
    assert device.works.sender.list_waiting(Asker("bob")) == []
    with pytest.raises(NotYours):
        device.works.sender.withdraw(waiting.key, Asker("bob"))
    device.works.sender.withdraw(waiting.key, Asker("tech", operator=True))
    device.works.sender.withdraw(waiting.key, Asker("bob"))
    assert Outbox(device.memory).list_waiting() == []
