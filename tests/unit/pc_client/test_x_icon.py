"""Where there is no X server that can be spoken to, there is no icon of it, and nothing else."""

from __future__ import annotations

import gc
import socket
import threading

import pytest

from pc_client.receiver.tray.look import Look, draw_icon
from pc_client.receiver.tray.x_icon import XTrayIcon

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # sockets of the library


def show() -> None:
    XTrayIcon("distserver-pc", Look(draw_icon(0), "Inbox"), lambda: None).run()
    gc.collect()  # the library leaves its sockets open: no other test is to be told of that


@pytest.mark.parametrize("display", [":99999", "", "not a display", "127.0.0.1:59535"])
def test_a_display_that_is_none(monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    show()


@pytest.mark.parametrize("said", [b"", b"\x07" * 4000, b"\x01\x00\x0b\x00\x00\x00\x02\x00" + bytes(8)])
def test_a_server_that_speaks_no_x(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{door.getsockname()[1] - 6000}")
        monkeypatch.delenv("XAUTHORITY", raising=False)

        def serve() -> None:
            connection, _ = door.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        show()
        thread.join()
