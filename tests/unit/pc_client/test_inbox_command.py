"""`pc-client inbox` speaks to the receiver of this PC, and shows its key to nobody else."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from pc_client.cli import cli


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


def _hear(door: socket.socket, name: str, heard: dict[str, bytes]) -> None:
    try:
        connection, _ = door.accept()
    except OSError:
        return
    with connection:
        heard[name] = connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
