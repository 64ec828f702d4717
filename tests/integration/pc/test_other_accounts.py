"""Other accounts of the same PC reach the port of a screen, and may have read its key: they get nothing."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from waitress import create_server

from pc_client.receiver.inbox import Inbox
from pc_client.receiver.screen.app import make_app
from pc_client.receiver.screen.desk import Desk
from pc_client.receiver.taking import Taker
from pc_client.server.access import open_client
from pc_client.settings import PcSettings

NOBODY = 65534
ASK = """
import socket, sys, urllib.error, urllib.request
host, port, path, body, *headers = sys.argv[1:]
real = socket.create_connection
def connect(address, *rest, **more):
    return real((host, address[1]), *rest, **more)
socket.create_connection = connect
asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body.encode() or None)
for one in ["X-Screen: 1", "Content-Type: application/json", *headers]:
    asked.add_header(*one.split(": ", 1))
try:
    print(urllib.request.urlopen(asked).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = PcSettings(server="http://127.0.0.1:1", address="pc:x")
    with closing(Inbox(tmp_path)) as inbox:
        yield Desk(settings, inbox, Taker(open_client(settings, tmp_path), inbox, lambda: None))


@pytest.fixture
def port(desk: Desk) -> Iterator[int]:
    server = create_server(make_app(desk), host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.close()


def ask(port: int, path: str, body: str = "", *headers: str, by: int = 0, host: str = "127.0.0.1") -> int:
    told = ["/usr/bin/python3", "-I", "-c", ASK, host, str(port), path, body, *headers]
    return int(subprocess.run(told, user=by, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("host", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_key_that_another_account_has_read_opens_nothing(desk: Desk, port: int, host: str) -> None:
    key = desk.keys.make()
    assert ask(port, "/api/enter", f'{{"key": "{key}"}}', by=NOBODY, host=host) == 403
    assert ask(port, "/api/enter", f'{{"key": "{key}"}}', host=host) == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_cookie_that_a_browser_has_shown_to_another_port_opens_nothing(desk: Desk, port: int, host: str) -> None:
    """Cookies know no ports: a page of another account's server on this PC gets them."""
    cookie = f"Cookie: pc_screen={desk.keys.redeem(desk.keys.make())}"
    assert ask(port, "/api/letters", "", cookie, by=NOBODY, host=host) == 403
    assert ask(port, "/api/letters", "", cookie, host=host) == 200
