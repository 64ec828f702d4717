"""A server that lies to a device: what asks it comes to an end all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from distwire.api.failures import NotUnderstood
from distwire.api.panel import SignIn
from mfp_client.server.link import Link
from mfp_client.settings import DeviceSettings
from tests.support.serving import serving

_ANSWERS = {
    "deliveries": b'{"deliveries": [], "next": 1, "as_of": "2026-01-01T00:00:00Z", "state": "processing"}',
    "sign-in": b'{"user": "anna", "role": "sender", "grant": "dg_x\\r\\nX: y", "grant_expires": "2099-01-01T00:00Z"}',
}


class _Liar(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Any question gets the answer for the last part of its path."""
        body = _ANSWERS[self.path.partition("?")[0].rpartition("/")[2]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """As any other."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Liar)
    with serving(server, "liar"):
        settings = DeviceSettings(server=f"http://127.0.0.1:{server.server_address[1]}")
        yield Link(settings, tmp_path, lambda _user: "dg_grant")


def test_pages_that_lead_back_end_the_list(link: Link) -> None:
    found: list[object] = []
    asking = threading.Thread(target=lambda: found.append(link.all_deliveries("anna", "1")), daemon=True)
    asking.start()
    asking.join(30.0)
    assert found == [[]]


def test_a_grant_that_can_stand_in_no_header_is_refused(link: Link) -> None:
    with pytest.raises(NotUnderstood):
        link.sign_in(SignIn(card="0012345678"))
