"""`pc-client inbox` speaks to the receiver of this PC, and shows its key to nobody else."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from pc_client.cli import cli
from pc_client.receiver.handover import ask_to_hand_over

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"


def test_no_proxy_of_the_environment_hears_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, socket.create_server(("127.0.0.1", 0)) as receiver:
        heard: dict[str, bytes] = {}
        threads = [
            threading.Thread(target=_hear, args=(door, name, heard), daemon=True)
            for name, door in (("proxy", proxy), ("receiver", receiver))
        ]
        for thread in threads:
            thread.start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        (tmp_path / "screen").write_text(f"http://127.0.0.1:{receiver.getsockname()[1]}/ the-master-key\n")
        done = CliRunner().invoke(cli, ["inbox", "--home", str(tmp_path)])
        assert done.exit_code == 0, done.output
        assert list(heard) == ["receiver"]
        assert b"the-master-key" in heard["receiver"]
        proxy.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("said", [b"220 mail.example.org ESMTP\r\n", _OK % (2, b"[]"), _OK % (5, b"hello")])
def test_another_program_at_the_place_of_a_receiver_that_was_killed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    with socket.create_server(("127.0.0.1", 0)) as door:
        (tmp_path / "screen").write_text(f"http://127.0.0.1:{door.getsockname()[1]}/ the-master-key\n")
        thread = threading.Thread(target=_answer, args=(door, said), daemon=True)
        thread.start()
        assert not ask_to_hand_over(tmp_path)
        done = CliRunner().invoke(cli, ["inbox", "--home", str(tmp_path)])
        thread.join()
    assert (done.exit_code, "no receiver runs" in done.output) == (1, True)


def _answer(door: socket.socket, said: bytes) -> None:
    for _ in range(2):
        connection, _ = door.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(said)


def _hear(door: socket.socket, name: str, heard: dict[str, bytes]) -> None:
    try:
        connection, _ = door.accept()
    except OSError:
        return
    with connection:
        heard[name] = connection.recv(1 << 16)
        connection.sendall(_OK % (2, b"{}"))
