"""Very many connections to a panel: its own screen is answered all the same."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from mfp_client.settings import DeviceSettings
from tests.support.panel import run_panel


def test_idle_connections_and_waiting_screens_keep_nobody_out(tmp_path: Path) -> None:
    with run_panel(tmp_path / "home", DeviceSettings(panel_port=0, log_in="none")) as panel, ExitStack() as stack:
        where = urlsplit(panel.url)
        known = panel.get("/api/state")["serial"]
        asked = f"GET /api/state?after={known} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode()
        for number in range(300):
            crowd = stack.enter_context(socket.create_connection((str(where.hostname), where.port or 0)))
            if number < 60:
                crowd.sendall(asked)
        assert panel.get("/api/documents") == {"documents": [], "next": None}
