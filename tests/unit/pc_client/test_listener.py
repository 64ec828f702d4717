"""The account's side of the printer with the real backend before it, and nobody else let in."""

from __future__ import annotations

import errno
import json
import os
import pwd
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.api.exchange import Patience
from pc_client.printer import distprint, listener
from pc_client.printer.listener import Listener
from pc_client.sending.desk import Gone, SendingDesk
from pc_client.sending.draft import Decision, Draft, Drafts, Wishes
from pc_client.sending.outbox import Outbox
from pc_client.server.access import open_client
from pc_client.settings import PcSettings
from tests.support.documents import make_pdf
from tests.support.patience import wait_until

AWAY = PcSettings(server="http://127.0.0.1:1", address="pc:frontdesk", name="Front desk")
OPTIONS = "job-uuid=urn:uuid:0fe51c9e-1111-2222-3333-444455556666"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SendingDesk]:
    client = open_client(AWAY, tmp_path, Patience(connect=2.0, silence=2.0))
    desk = SendingDesk(tmp_path, AWAY, client, Outbox(tmp_path), Drafts(tmp_path))
    (tmp_path / "sockets").mkdir()
    with Listener(tmp_path / "sockets", desk).listening():
        yield desk


def print_file(tmp_path: Path, path: Path) -> subprocess.Popen[bytes]:
    """As cupsd calls the backend for this account."""
    user = pwd.getpwuid(os.getuid()).pw_name
    command = [sys.executable, "-I", "-S", distprint.__file__, "7", user, "Title", "2", OPTIONS, str(path)]
    environment = {"DEVICE_URI": f"distprint:{tmp_path}/sockets"}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def test_ok_and_the_same_job_again(tmp_path: Path, desk: SendingDesk) -> None:
    shown: list[Draft] = []

    def press_ok(draft: Draft) -> None:
        shown.append(draft)
        desk.confirm(draft, {"title": "t", "groups": ["all"], "copies": draft.wishes.copies})

    desk.show = press_ok
    path = make_pdf(tmp_path / "a.pdf", pages=2)
    assert print_file(tmp_path, path).wait(60) == distprint.OK
    assert [(one.look.pages, one.wishes.copies, one.wishes.title) for one in shown] == [(2, 2, "Title")]
    (order,) = desk.outbox.list_orders()
    assert desk.outbox.document_path(order.key).read_bytes() == path.read_bytes()
    assert print_file(tmp_path, path).wait(60) == distprint.OK
    assert (len(shown), len(desk.outbox.list_orders())) == (1, 1), "it is asked about once"


def test_a_large_job_that_is_known_is_answered_too(tmp_path: Path, desk: SendingDesk) -> None:
    """The backend hands the whole document over before it hears the answer."""
    desk.show = lambda draft: [desk.confirm(draft, {"title": "t", "groups": ["all"]})].clear()
    path = make_pdf(tmp_path / "a.pdf")
    assert print_file(tmp_path, path).wait(60) == distprint.OK
    path.write_bytes(bytes(8 << 20))
    assert print_file(tmp_path, path).wait(60) == distprint.OK


def test_cancel(tmp_path: Path, desk: SendingDesk) -> None:
    desk.show = desk.cancel
    assert print_file(tmp_path, make_pdf(tmp_path / "a.pdf")).wait(60) == distprint.CANCEL
    assert desk.outbox.list_orders() == []
    assert list((tmp_path / "drafts").iterdir()) == []


def test_a_backend_that_is_ended_takes_its_dialog_away(tmp_path: Path, desk: SendingDesk) -> None:
    shown: list[Draft] = []
    desk.show = shown.append
    backend = print_file(tmp_path, make_pdf(tmp_path / "a.pdf"))
    wait_until(lambda: bool(shown))
    backend.terminate()
    backend.wait(60)
    assert shown[0].decided.wait(60)
    wait_until(lambda: desk.drafts.find(shown[0].key) is None)
    assert shown[0].decision == Decision("canceled")


def test_ok_in_the_moment_in_which_cups_cancels_sends_nothing(
    tmp_path: Path, desk: SendingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 30.0)  # it has not seen yet that the backend has gone
    shown: list[Draft] = []
    desk.show = shown.append
    with bring(tmp_path):
        wait_until(lambda: bool(shown))
    with pytest.raises(Gone):
        desk.confirm(shown[0], {"title": "t", "groups": ["all"]})
    assert desk.outbox.list_orders() == []
    desk.cancel(shown[0])


def test_nothing_stays_of_a_document_that_broke_off(tmp_path: Path, desk: SendingDesk) -> None:
    (path,) = (tmp_path / "sockets").iterdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as backend:
        backend.connect(str(path))
        backend.sendall(b'{"job": "a-7", "size": 1000000}\n%PDF-')
        wait_until(lambda: bool(list((tmp_path / "drafts").glob("*/document"))))
    wait_until(lambda: list((tmp_path / "drafts").iterdir()) == [])


def test_a_backend_that_leaves_lets_the_dialog_stay(tmp_path: Path, desk: SendingDesk) -> None:
    shown: list[Draft] = []
    desk.show = shown.append
    (path,) = (tmp_path / "sockets").iterdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as backend:
        backend.connect(str(path))
        document = make_pdf(tmp_path / "a.pdf").read_bytes()
        backend.sendall(json.dumps({"job": "x", "size": len(document)}).encode() + b"\n" + document)
        wait_until(lambda: bool(shown))
        backend.sendall(b'{"state": "left"}\n')
    assert not shown[0].decided.wait(1.5)
    assert desk.confirm(shown[0], {"title": "t", "groups": ["all"]}).state == "kept"


def test_a_dialog_that_stayed_comes_up_again_in_the_next_session(tmp_path: Path, desk: SendingDesk) -> None:
    """CUPS has done with the job: the document is nowhere else."""
    shown: list[Draft] = []
    desk.show = shown.append
    (path,) = (tmp_path / "sockets").iterdir()
    document = make_pdf(tmp_path / "a.pdf").read_bytes()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as backend:
        backend.connect(str(path))
        said = {"job": "x", "title": "Price list", "copies": 3, "size": len(document)}
        backend.sendall(json.dumps(said).encode() + b"\n" + document)
        wait_until(lambda: bool(shown))
        backend.sendall(b'{"state": "left"}\n')
    wait_until((shown[0].folder / "left.json").exists)
    later = SendingDesk(tmp_path, AWAY, desk.client, desk.outbox, Drafts(tmp_path))
    later.show = shown.append
    (tmp_path / "later").mkdir()
    with Listener(tmp_path / "later", later).listening():
        wait_until(lambda: len(shown) == 2)
        assert (shown[1].key, shown[1].wishes) == (shown[0].key, shown[0].wishes)
        assert later.confirm(shown[1], {"title": "t", "groups": ["all"]}).state == "kept"
        wait_until(lambda: not shown[1].folder.exists())
    assert later.outbox.document_path(shown[0].key).read_bytes() == document
    assert Drafts(tmp_path).open_kept() == []
    desk.cancel(shown[0])


def bring(tmp_path: Path, job: str = "x") -> socket.socket:
    """A job as the backend brings it; the connection."""
    (path,) = (tmp_path / "sockets").iterdir()
    document = make_pdf(tmp_path / "a.pdf").read_bytes()
    backend = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    backend.settimeout(60)
    backend.connect(str(path))
    backend.sendall(json.dumps({"job": job, "size": len(document)}).encode() + b"\n" + document)
    return backend


def test_the_queue_is_free_only_when_the_document_is_on_the_disk(
    tmp_path: Path, desk: SendingDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A program that ends in between, and a full disk, must lose nothing: CUPS holds the job then, and it is said."""
    monkeypatch.setattr(distprint, "PATIENCE", 0.2)
    shown: list[Draft] = []
    desk.show = shown.append
    with bring(tmp_path) as backend:
        assert distprint.await_decision(backend) == distprint.OK
        assert (shown[0].folder / "left.json").exists()
        desk.cancel(shown[0])

    def refuse(_draft: Draft) -> None:
        raise OSError(errno.ENOSPC, "the disk is full")

    monkeypatch.setattr(desk.drafts, "keep", refuse)
    monkeypatch.setattr(distprint, "LEAVING", 1.0)
    with bring(tmp_path, "y") as backend:
        with pytest.raises(TimeoutError):
            distprint.await_decision(backend)
        wait_until(lambda: "the disk is full" in caplog.text)
        assert not shown[1].decided.is_set(), "its dialog stays"
        desk.cancel(shown[1])


def test_what_was_decided_as_the_program_ended_is_not_asked_again(tmp_path: Path, desk: SendingDesk) -> None:
    shown: list[Draft] = []
    desk.show = shown.append
    folder = desk.drafts.make_folder()
    make_pdf(folder / "document")
    draft = desk.drafts.open(folder, "a.pdf", Wishes("t"))
    desk.drafts.keep(draft)
    desk.confirm(draft, {"title": "t", "groups": ["all"]})
    later = SendingDesk(tmp_path, AWAY, desk.client, desk.outbox, Drafts(tmp_path))
    later.show = shown.append
    (tmp_path / "later").mkdir()
    with Listener(tmp_path / "later", later).listening():
        wait_until(lambda: not folder.exists())
    assert shown == []


def test_what_was_kept_and_cannot_be_read_is_said(desk: SendingDesk, caplog: pytest.LogCaptureFixture) -> None:
    """It stays: nobody else has it."""
    left = desk.drafts.make_folder() / "left.json"
    left.write_bytes(b"{")
    assert desk.drafts.open_kept() == []
    assert str(left.parent) in caplog.text
    assert left.exists()


def test_a_job_that_is_brought_anew_is_asked_about_anew(tmp_path: Path, desk: SendingDesk) -> None:
    """As when CUPS is told to print it again while its dialog is still open: the earlier one must take nothing away."""
    shown: list[Draft] = []
    desk.show = shown.append
    with bring(tmp_path) as first:
        wait_until(lambda: len(shown) == 1)
        with bring(tmp_path) as second:
            wait_until(lambda: len(shown) == 2)
            assert first.makefile().readlines()[-1].startswith('{"state": "canceled"')
            assert shown[0].decided.is_set()
            assert desk.drafts.find(shown[1].key) is shown[1]
            assert desk.confirm(shown[1], {"title": "t", "groups": ["all"]}).state == "kept"
            assert second.makefile().readlines()[-1].startswith('{"state": "kept"')


def test_want_of_handles_ends_nothing(tmp_path: Path, desk: SendingDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    accept, failed = socket.socket.accept, threading.Event()

    def refuse_once(door: socket.socket) -> tuple[socket.socket, object]:
        if not failed.is_set():
            failed.set()
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(door)

    monkeypatch.setattr(socket.socket, "accept", refuse_once)
    (tmp_path / "later").mkdir()
    with Listener(tmp_path / "later", desk).listening():
        (path,) = (tmp_path / "later").iterdir()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as backend:
            backend.settimeout(60)
            backend.connect(str(path))
            backend.sendall(b'{"job": "x", "size": 1}\nx')
            assert backend.recv(100).startswith(b'{"state": "asking"')
    assert failed.is_set()


@pytest.mark.skipif(os.getuid() != 0, reason="another account is played by root")
def test_another_account_is_not_heard(tmp_path: Path, desk: SendingDesk) -> None:
    shown: list[Draft] = []
    desk.show = shown.append
    (path,) = (tmp_path / "sockets").iterdir()
    code = (  # nobody, who may walk no folder above this one
        "import os,socket,sys; os.setuid(65534); s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        's.sendall(b\'{"job":"x","size":1}\\nx\'); sys.exit(0 if s.recv(9) == b"" else 1)'
    )
    command = [sys.executable, "-I", "-S", "-c", code, path.name]
    done = subprocess.run(command, cwd=path.parent, timeout=60, capture_output=True, check=False)
    assert done.returncode == 0 or b"ConnectionResetError" in done.stderr or b"BrokenPipe" in done.stderr, done.stderr
    assert shown == []
