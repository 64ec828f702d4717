"""The CUPS backend as CUPS calls it (backend(7)), and the description of its queue."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pc_client.printer import distprint
from pc_client.printer.listener import PrintedJob
from pc_client.printer.queue import make_description

PROGRAM = Path(distprint.__file__)
NAME = "root" if os.getuid() == 0 else "nobody"


def call(*arguments: str, folder: Path | None = None, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """As cupsd does: with Python's own library alone, and none of our packages."""
    environment = {"DEVICE_URI": f"distprint:{folder}"} if folder else {}
    command = [sys.executable, "-I", "-S", str(PROGRAM), *arguments]
    return subprocess.run(command, input=stdin, env=environment, capture_output=True, timeout=60, check=False)


def answer(folder: Path, replies: list[dict[str, str]]) -> tuple[threading.Thread, list[bytes]]:
    """An account's program that takes one job and says this."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(str(folder / "0-a.sock"))
    door.listen()
    got: list[bytes] = []

    def take() -> None:
        connection, _ = door.accept()
        with door, connection, connection.makefile("rb") as lines:
            head = lines.readline()
            got.extend((head, lines.read(json.loads(head)["size"])))
            for one in replies:
                connection.sendall(json.dumps(one).encode() + b"\n")

    thread = threading.Thread(target=take)
    thread.start()
    return thread, got


def test_it_says_what_it_is() -> None:
    done = call()
    assert (done.returncode, done.stdout) == (0, b'direct distprint "Distserver" "Send to groups"\n')


def test_it_needs_the_arguments_of_cups() -> None:
    done = call("1", "root")
    assert done.returncode == distprint.FAILED
    assert b"usage" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="sockets of root are made by root")
@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ([{"state": "asking"}, {"state": "sent"}], 0),
        ([{"state": "asking"}, {"state": "kept", "words": "away"}], 0),
        ([{"state": "asking"}, {"state": "canceled"}], 5),
        ([{"state": "failed", "words": "disk"}], 1),
        ([{"state": "asking"}], 3),
        ([], 3),
    ],
)
def test_the_end_is_what_was_decided(tmp_path: Path, replies: list[dict[str, str]], code: int) -> None:
    thread, got = answer(tmp_path, replies)
    options = "job-uuid=urn:uuid:12345678-aaaa sides=two-sided-short-edge"
    done = call("7", "root", "Title 題", "2", options, folder=tmp_path, stdin=b"%PDF-1.4 x")
    thread.join()
    assert done.returncode == code, done.stderr
    assert json.loads(got[0]) == {
        "version": 1,
        "job": "12345678-aaaa",
        "title": "Title 題",
        "copies": 2,
        "sides": "two-sided-short-edge",
        "size": 10,
    }
    assert got[1] == b"%PDF-1.4 x"


def test_without_a_program_of_the_account_the_job_is_held(tmp_path: Path) -> None:
    (tmp_path / "0-old.sock").touch()
    done = call("7", NAME, "t", "1", "", folder=tmp_path, stdin=b"x")
    assert done.returncode == distprint.HOLD
    assert b"does not run for" in done.stderr
    assert call("7", "no-such-account", "t", "1", "", folder=tmp_path).returncode == distprint.HOLD
    assert call("7", NAME, "t", "1", "", folder=tmp_path / "none").returncode == distprint.HOLD


@pytest.mark.skipif(os.getuid() != 0, reason="a socket of another account is made by root")
def test_another_accounts_socket_gets_nothing(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(tmp_path / "0-b.sock"))
        door.listen()
        os.chown(tmp_path / "0-b.sock", 65534, 65534)
        assert call("7", "root", "t", "1", "", folder=tmp_path, stdin=b"x").returncode == distprint.HOLD
        door.setblocking(False)
        with pytest.raises(BlockingIOError):
            door.accept()


def test_a_dialog_that_stays_open_frees_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        monkeypatch.setattr(distprint, "PATIENCE", 0.05)
        theirs.sendall(b'{"state": "asking"}\n')
        thread = threading.Thread(target=lambda: theirs.sendall(theirs.recv(100)))
        thread.start()
        assert distprint.await_decision(ours) == distprint.OK
        thread.join()


def test_a_program_that_ends_as_the_queue_is_freed_has_the_job_held(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        monkeypatch.setattr(distprint, "PATIENCE", 0.05)
        thread = threading.Thread(target=lambda: (theirs.recv(100), theirs.close()))
        thread.start()
        assert distprint.await_decision(ours) == distprint.HOLD
        thread.join()


def test_a_program_that_says_no_decision_for_ever_frees_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's program of its own making must not keep the printer from all others."""
    ours, theirs = socket.socketpair()
    ended = threading.Event()

    def say() -> None:
        with contextlib.suppress(OSError):
            while not ended.is_set():
                theirs.sendall(b'{"state": "asking"}\n')

    thread = threading.Thread(target=say)
    with ours, theirs:
        monkeypatch.setattr(distprint, "PATIENCE", 0.05)
        monkeypatch.setattr(distprint, "LEAVING", 0.05)
        thread.start()
        with pytest.raises(TimeoutError):  # as which the job is held
            distprint.await_decision(ours)
        ended.set()
        ours.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.skipif(os.getuid() != 0, reason="sockets of root are made by root")
@pytest.mark.parametrize("takes_calls", [True, False])
def test_a_program_that_is_stopped_frees_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, takes_calls: bool
) -> None:
    monkeypatch.setattr(distprint, "PATIENCE", 0.2)
    monkeypatch.setattr(distprint, "CONNECTING", 0.2)
    monkeypatch.setenv("DEVICE_URI", f"distprint:{tmp_path}")
    document = tmp_path / "document"
    document.write_bytes(bytes(8 << 20))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door, contextlib.ExitStack() as calls:
        door.bind(str(tmp_path / "0-c.sock"))
        door.listen(0)
        if not takes_calls:
            waiting = calls.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            waiting.connect(str(tmp_path / "0-c.sock"))
        assert distprint.main(["7", "root", "t", "1", "", str(document)]) == distprint.HOLD


@pytest.mark.parametrize("said", [b"garbage\n", b"[]\n", b"{}\n", b"7\n", b"x" * 100_000])
def test_what_is_no_program_of_ours_has_the_job_held(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(said)
        assert distprint.await_decision(ours) == distprint.HOLD


@pytest.mark.skipif(os.getuid() != 0, reason="sockets of root are made by root")
def test_arguments_of_any_kind_come_through_as_words(tmp_path: Path) -> None:
    thread, got = answer(tmp_path, [{"state": "sent"}])
    title = os.fsdecode(b"caf\xe9 " + b"x" * 100_000)
    options = f"job-uuid={'u' * 9000} sides={'s' * 90_000} ' \" $(reboot) `id`"
    done = call("7", "root", title, "²", options, folder=tmp_path, stdin=b"x")
    thread.join()
    assert done.returncode == 0, done.stderr
    head = PrintedJob.model_validate_json(got[0])
    assert head.title.startswith("caf\ufffd x")
    assert (head.copies, len(got[0]) < 1 << 16) == (1, True)


@pytest.mark.skipif(not Path("/usr/bin/cupstestppd").exists(), reason="cupstestppd is not here")
def test_cups_finds_nothing_wrong_with_the_description(tmp_path: Path) -> None:
    path = tmp_path / "distprint.ppd"
    path.write_text(make_description())
    done = subprocess.run(["cupstestppd", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
