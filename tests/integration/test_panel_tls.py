"""A panel whose server is behind nginx and TLS: who vouches for it, and what somebody at the panel hears when nobody
does. No password leaves the device then (SPEC N7)."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from distwire.local.token import write_token
from mfp_client.settings import DeviceSettings
from tests.support.certificate import write_certificate
from tests.support.panel import Panel, make_device_token, run_panel
from tests.support.patience import wait_until
from tests.support.site import Site, run_site

pytestmark = pytest.mark.real

USER, PASSWORD = "anna", "correct horse battery"
ADDRESS = "discard:own"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(tmp_path_factory.mktemp("tls")) as made:
        made.house.write_group("office", f"{ADDRESS}; own")
        asked = ("user", "add", USER, "--role", "sender", "--password-stdin")
        done = made.house.server.command(*asked, stdin=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr
        yield made


@contextmanager
def _panel(site: Site, home: Path, server: str, **trust: str) -> Iterator[Panel]:
    (home / "feeder").mkdir(parents=True)
    write_token(home, make_device_token(site.house.server, ADDRESS))
    scanners = (f"folder:{home / 'feeder'}",)
    settings = DeviceSettings(server=server, address=ADDRESS, panel_port=0, scanners=scanners, **trust)
    with run_panel(home, settings) as panel:
        yield panel


def _wait_for_server(panel: Panel, state: str) -> str:
    wait_until(lambda: panel.get("/api/state")["server"]["state"] == state, lambda: panel.get("/api/state")["server"])
    return str(panel.get("/api/state")["server"]["words"])


def test_with_its_own_authority_it_logs_in_and_sends(site: Site, tmp_path: Path) -> None:
    with _panel(site, tmp_path / "home", site.board, server_ca_file=str(site.nginx.certificate)) as panel:
        panel.log_in(USER, PASSWORD)
        panel.lay_text(2)
        panel.post("/api/tasks", kind="distribute-document", groups=["office.rec"], title="over TLS", review=False)
        task = panel.wait_for("done", "failed", "waiting")
        assert task["step"] == "done", task


@pytest.mark.parametrize("file", ["other.pem", "missing.pem", "empty.pem", ""])
def test_where_nobody_vouches_it_says_so_and_lets_in_nobody_new(site: Site, tmp_path: Path, file: str) -> None:
    write_certificate(tmp_path / "other.pem")
    (tmp_path / "empty.pem").write_text("")
    trust = {"server_ca_file": str(tmp_path / file)} if file else {}
    with _panel(site, tmp_path / "home", site.board, **trust) as panel:
        words = _wait_for_server(panel, "refused")
        assert "authority" in words or "certificates" in words, words
        refused = panel.ask("POST", "/api/log-in", {"user": USER, "password": PASSWORD})
        assert (refused.status, refused.body["error"]) == (503, "server-down"), refused.body
        assert "certificate" in refused.body["words"]


def test_an_expired_certificate_gets_nothing(site: Site, tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path / "old.pem", datetime.timedelta(days=-2))
    with (
        _take_in(certificate) as (port, heard),
        _panel(site, tmp_path / "home", f"https://127.0.0.1:{port}", server_ca_file=str(certificate)) as panel,
    ):
        assert "expired" in _wait_for_server(panel, "refused")
        assert panel.ask("POST", "/api/log-in", {"user": USER, "password": PASSWORD}).status == 503
        assert not heard


def test_without_tls_the_port_of_nginx_that_has_it_tells_nothing(site: Site, tmp_path: Path) -> None:
    plain = site.board.replace("https:", "http:")
    with _panel(site, tmp_path / "home", plain) as panel:
        assert "https://" in _wait_for_server(panel, "refused")
        refused = panel.ask("POST", "/api/log-in", {"user": USER, "password": PASSWORD})
        assert (refused.status, refused.body["error"]) == (503, "server-not-understood"), refused.body


def test_a_server_that_is_away_behind_its_proxy_is_as_one_that_does_not_answer(site: Site, tmp_path: Path) -> None:
    """nginx answers in its place (502): people are let in by the device, and documents wait."""
    server = site.house.server
    with _panel(site, tmp_path / "home", site.board, server_ca_file=str(site.nginx.certificate)) as panel:
        panel.log_in(USER, PASSWORD)
        panel.get("/api/groups")
        panel.get("/api/destinations")
        server.process.terminate()
        server.process.wait(60)
        try:
            assert panel.log_in(USER, PASSWORD)["offline"]
            assert panel.get("/api/state")["server"]["state"] == "down"
            assert panel.get("/api/groups")["stale"]
            panel.lay_text()
            panel.post(
                "/api/tasks", kind="distribute-document", groups=["office.rec"], title="behind a proxy", review=False
            )
            assert panel.wait_for("waiting", "failed")["step"] == "waiting"
            assert [one["error"] for one in panel.get("/api/waiting")["waiting"]] == ["server-down"]
        finally:
            server.start_again()
            server.wait_until_healthy()
        wait_until(lambda: panel.get("/api/waiting")["waiting"] == [], lambda: panel.get("/api/waiting"))
        assert len([one for one in panel.get("/api/jobs")["jobs"] if one["title"] == "behind a proxy"]) == 1


@contextmanager
def _take_in(certificate: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A port that speaks TLS with this certificate, and what it has heard."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    connection = listening.accept()[0]
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        heard.append(secured.recv(65536))
                except OSError:
                    connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1], heard
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
