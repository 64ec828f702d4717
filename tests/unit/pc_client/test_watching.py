"""A watched folder: what has come to rest is kept as an order, once, whatever ends the program in between."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from distwire.api.jobs import SubmissionForm
from distwire.local.ending import Ending
from pc_client.sending import watching
from pc_client.sending.commands import Told
from pc_client.sending.order import Order
from pc_client.sending.outbox import Outbox, Trouble
from pc_client.sending.watching import WatchedFolder
from pc_client.settings import PcSettings
from tests.support.patience import wait_until


def make_watched(tmp_path: Path) -> WatchedFolder:
    folder = tmp_path / "in"
    folder.mkdir(exist_ok=True)

    def make_order(path: Path, key: str) -> Order:
        return Order(key=key, server="https://x", name=path.name, form=SubmissionForm(group=["all"], title=path.name))

    return WatchedFolder(folder, Outbox(tmp_path / "home"), make_order, lambda _words: None)


def test_a_file_is_taken_when_it_does_not_grow_any_more(tmp_path: Path) -> None:
    watched = make_watched(tmp_path)
    path = watched.folder / "a.pdf"
    path.write_bytes(b"half")
    assert watched.take_all() == 0
    path.write_bytes(b"half and the rest")
    assert watched.take_all() == 0
    assert watched.take_all() == 1
    (order,) = watched.outbox.list_orders()
    assert watched.outbox.document_path(order.key).read_bytes() == b"half and the rest"
    assert (watched.folder / "sent" / "a.pdf").exists()
    assert watched.take_all() == 0


def test_unfinished_hidden_and_empty_files_wait(tmp_path: Path) -> None:
    watched = make_watched(tmp_path)
    for name in ("a.part", ".hidden.pdf", "b.tmp"):
        (watched.folder / name).write_bytes(b"x")
    (watched.folder / "empty.pdf").touch()
    assert (watched.take_all(), watched.take_all()) == (0, 0)


def test_a_name_that_is_no_unicode_is_taken_too(tmp_path: Path) -> None:
    """As a scanner or an older PC lays it there: Linux takes any octets as a name, servers and orders do not."""
    told = Told(("all",), (), None, 1, None, None)
    folder = tmp_path / os.fsdecode(b"re\xe7us")
    folder.mkdir()
    watched = WatchedFolder(
        folder, Outbox(tmp_path), lambda path, key: told.make_order(PcSettings(), path.name, key), lambda _words: None
    )
    for content in (b"first", b"refused"):
        (folder / os.fsdecode(b"caf\xe9.pdf")).write_bytes(content)
        assert (watched.take_all(), watched.take_all()) == (0, 1)
    orders = watched.outbox.list_orders()
    assert [one.name for one in orders] == ["caf\ufffd.pdf", "caf\ufffd (2).pdf"]
    assert {one.title for one in orders} == {"caf\ufffd.pdf"}
    watched.refuse(orders[1], "no such group")
    assert (folder / "refused" / "caf\ufffd (2).pdf").read_bytes() == b"refused"
    assert (folder / "sent" / "caf\ufffd.pdf").read_bytes() == b"first"


def test_one_that_ends_before_the_file_is_moved_sends_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = make_watched(tmp_path)
    (watched.folder / "a.pdf").write_bytes(b"x")
    watched.take_all()
    with monkeypatch.context() as patch:
        patch.setattr("pc_client.sending.watching.move_into", _end)
        with pytest.raises(KeyboardInterrupt):
            watched.take_all()
    again = make_watched(tmp_path)
    again.take_all()
    assert again.take_all() == 1
    assert len(again.outbox.list_orders()) == 1


def test_the_same_name_again_is_another_document(tmp_path: Path) -> None:
    watched = make_watched(tmp_path)
    for _ in range(2):
        (watched.folder / "a.pdf").write_bytes(b"x")
        watched.take_all()
        watched.take_all()
    assert len(watched.outbox.list_orders()) == 2
    assert sorted(path.name for path in (watched.folder / "sent").iterdir()) == ["a (2).pdf", "a.pdf"]


def test_copy_that_stalls_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is not there yet; one that nobody goes on with is sent, and the server says what is wrong with it."""
    watched = make_watched(tmp_path)
    path = watched.folder / "a.pdf"
    path.write_bytes(b"%PDF-1.7 the first half")
    assert [watched.take_all() for _ in range(3)] == [0, 0, 0]
    path.write_bytes(b"%PDF-1.7 the first half, and the other\n%%EOF\n")
    assert [watched.take_all() for _ in range(2)] == [0, 1]
    path.write_bytes(b"%PDF-1.7 the first half")
    monkeypatch.setattr(watching, "_UNFINISHED_SECONDS", 0.0)
    assert [watched.take_all() for _ in range(2)] == [0, 1]


def test_what_nobody_goes_on_with_is_sent_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was set back; or the folder is on a server whose clock is ahead."""
    watched = make_watched(tmp_path)
    (watched.folder / "a.pdf").write_bytes(b"%PDF-1.7 the first half")
    wall, passed = time.time(), [time.monotonic()]
    monkeypatch.setattr(time, "time", lambda: wall - 86400)
    monkeypatch.setattr(time, "monotonic", lambda: passed[0])
    taken = []
    for _ in range(3):
        taken.append(watched.take_all())
        passed[0] += 40
    assert taken == [0, 0, 1]


def test_links_and_pipes_are_not_taken(tmp_path: Path) -> None:
    """Whoever may write the folder must not get files sent that only this account may read."""
    watched = make_watched(tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    (watched.folder / "link.pdf").symlink_to(secret)
    (watched.folder / "nothing.pdf").symlink_to(tmp_path / "nothing")
    os.mkfifo(watched.folder / "pipe.pdf")
    assert (watched.take_all(), watched.take_all()) == (0, 0)
    assert (watched.folder / "link.pdf").is_symlink()


@pytest.mark.parametrize("make", [lambda path, secret: path.symlink_to(secret), lambda path, _: os.mkfifo(path)])
def test_link_that_takes_the_place_of_a_file_is_not_taken(tmp_path: Path, make: Callable[[Path, Path], None]) -> None:
    watched = make_watched(tmp_path)
    path, secret = watched.folder / "a.pdf", tmp_path / "secret"
    secret.write_bytes(b"x")
    path.write_bytes(b"y")
    watched.take_all()
    make_order = watched.make_order

    def swap(taken: Path, key: str) -> Order:
        path.unlink()
        make(path, secret)
        return make_order(taken, key)

    watched.make_order = swap
    watched.take_all()
    assert all(one.read_bytes() != b"x" for one in watched.outbox.folder.glob("*/document"))


def test_pipe_that_takes_the_place_of_a_file_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write the folder must not keep the others' files from being sent."""
    watched = make_watched(tmp_path)
    path = watched.folder / "a.pdf"
    path.write_bytes(b"y")
    look_at = watching._look_at

    def look_and_swap(looked_at: Path) -> tuple[int, int] | None:
        look = look_at(looked_at)
        if look is not None and watched._seen:
            path.unlink()
            os.mkfifo(path)
        return look

    watched.take_all()
    monkeypatch.setattr(watching, "_look_at", look_and_swap)
    monkeypatch.setattr(watching, "_UNFINISHED_SECONDS", -1.0)
    thread = threading.Thread(target=watched.take_all, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert watched.outbox.list_orders() == []


def test_what_cannot_be_laid_apart_is_said(tmp_path: Path) -> None:
    """It is told by the thread that sends: that goes on with the others."""
    watched, said = make_watched(tmp_path), list[str]()
    (watched.folder / "a.pdf").write_bytes(b"x")
    watched.take_all()
    watched.take_all()
    (watched.folder / "refused").write_bytes(b"in the way")
    watched.say = said.append
    watched.refuse(watched.outbox.list_orders()[0], "no such group")
    assert said == ["a.pdf: refused, and not laid apart with why: File exists"]
    assert (watched.folder / "sent" / "a.pdf").exists()


def test_what_cannot_be_taken_is_said_once_and_tried_again(tmp_path: Path) -> None:
    watched, said = make_watched(tmp_path), list[str]()
    watched.say = said.append
    (watched.folder / "a.pdf").write_bytes(b"x")
    (watched.folder / "b.pdf").write_bytes(b"y")
    (watched.folder / "sent").write_bytes(b"in the way")
    assert [watched.take_all() for _ in range(4)] == [0, 0, 0, 0]
    assert [one.partition(":")[0] for one in said] == ["a.pdf", "b.pdf", "sent"]
    assert watched.outbox.list_orders() == [], "what is said not to be taken is not sent"
    (watched.folder / "sent").unlink()
    watched.take_all()
    assert sorted(path.name for path in (watched.folder / "sent").iterdir()) == ["a.pdf", "b.pdf"]
    assert len(watched.outbox.list_orders()) == 2


def test_what_cannot_be_moved_is_sent_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much was sent since: the outbox remembers the last of it alone."""
    watched, said = make_watched(tmp_path), list[str]()
    watched.say = said.append
    (watched.folder / "a.pdf").write_bytes(b"x")
    watched.take_all()

    def refuse(*_: object) -> Path:
        raise PermissionError(errno.EACCES, "it is open in another program")

    with monkeypatch.context() as patch:
        patch.setattr(watching, "move_into", refuse)
        assert watched.take_all() == 1
        (order,) = watched.outbox.list_orders()
        patch.setattr("pc_client.sending.outbox._MOST_SENT", 0)
        watched.outbox.note_sent(order.key, "job-1")
        assert (watched.take_all(), watched.take_all()) == (0, 0)
    watched.take_all()
    assert said == ["a.pdf: taken", "a.pdf: stays where it is: it is open in another program"]
    assert watched.outbox.list_orders() == []
    assert (watched.folder / "sent" / "a.pdf").exists()


def test_files_that_come_and_go_end_nothing(tmp_path: Path) -> None:
    """Programs write under another name first, and move it then."""
    watched, ended = make_watched(tmp_path), threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            for number in range(50):
                (watched.folder / f"{number}.pdf").write_bytes(b"x")
                (watched.folder / f"{number}.pdf").unlink(missing_ok=True)  # one may have been taken

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(300):
            watched.take_all()
    finally:
        ended.set()
        thread.join()


def test_what_is_refused_lies_apart_with_why(tmp_path: Path) -> None:
    watched = make_watched(tmp_path)
    (watched.folder / "a.pdf").write_bytes(b"x")
    watched.take_all()
    watched.take_all()
    (order,) = watched.outbox.list_orders()
    watched.refuse(order, "no such group")
    assert (watched.folder / "refused" / "a.pdf").exists()
    assert (watched.folder / "refused" / "a.pdf.txt").read_text() == "no such group\n"
    assert watched.outbox.list_orders() == []


def test_what_another_program_was_refused_lies_apart_too(tmp_path: Path) -> None:
    """Each program of an account sends what waits, and may be told first; or it ended before the file was moved."""
    watched = make_watched(tmp_path)
    (watched.folder / "a.pdf").write_bytes(b"x")
    watched.take_all()
    watched.take_all()
    (order,) = watched.outbox.list_orders()
    Outbox(tmp_path / "home").note_trouble(order.key, Trouble("unknown-group", "no such group", final=True))
    later, ended = make_watched(tmp_path), Ending()
    thread = threading.Thread(target=later.run, args=(ended, lambda: None), daemon=True)
    thread.start()
    wait_until((watched.folder / "refused" / "a.pdf.txt").exists)
    ended.tell()
    thread.join()
    assert (watched.folder / "refused" / "a.pdf").exists()
    assert watched.outbox.list_orders() == []


def test_a_document_of_the_same_name_that_was_not_laid_there_is_refused_alone(tmp_path: Path) -> None:
    watched = make_watched(tmp_path)
    (watched.folder / "a.pdf").write_bytes(b"taken by the server")
    watched.take_all()
    watched.take_all()
    other = Order(key="0123456789", server="https://x", name="a.pdf", form=SubmissionForm(group=["all"], title="a"))
    watched.outbox.put(other, watched.folder / "sent" / "a.pdf")
    watched.refuse(other, "no such group")
    assert (watched.folder / "sent" / "a.pdf").exists()
    assert not (watched.folder / "refused").exists()
    assert watched.outbox.find(other.key) == other


def test_the_one_that_is_refused_is_not_an_earlier_one_of_its_name(tmp_path: Path) -> None:
    watched = make_watched(tmp_path)
    for content in (b"taken by the server", b"refused"):
        (watched.folder / "a.pdf").write_bytes(content)
        watched.take_all()
        watched.take_all()
    watched.refuse(watched.outbox.list_orders()[-1], "no such group")
    (refused,) = (watched.folder / "refused").glob("*.pdf")
    assert refused.read_bytes() == b"refused"
    assert (watched.folder / "sent" / "a.pdf").read_bytes() == b"taken by the server"


def test_a_file_that_is_taken_away_keeps_nothing_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = make_watched(tmp_path)
    for name in ("a.pdf", "b.pdf"):
        (watched.folder / name).write_bytes(b"x")
    watched.take_all()
    make_order = watched.make_order

    def take_away(path: Path, key: str) -> Order:
        if path.name == "a.pdf":
            path.unlink()
        return make_order(path, key)

    watched.make_order = take_away
    assert watched.take_all() == 1
    listed = [watched.folder / "gone.pdf", *watched.folder.iterdir()]  # it went between the list and the look
    monkeypatch.setattr(Path, "iterdir", lambda _folder: iter(listed))
    assert watched.take_all() == 0
    assert [order.name for order in watched.outbox.list_orders()] == ["b.pdf"]


def _end(*_told: object) -> Path:
    raise KeyboardInterrupt
