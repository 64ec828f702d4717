"""A PC gets to know its server by a code (SPEC D14): the real command against a real server."""

from __future__ import annotations

import stat
from pathlib import Path

from click.testing import CliRunner

from distwire.local.token import read_token
from pc_client.cli import cli
from pc_client.server.access import open_client
from pc_client.settings import FILE
from tests.support.server import run_server


def test_a_code_makes_a_pc_known_once(tmp_path: Path) -> None:
    home = tmp_path / "pc"
    with run_server(tmp_path / "home") as server:
        server.write_group("all.rec", "all", ["pc:Frontdesk; Front desk 受付"])
        shown = server.command("device", "enrol", "pc:frontdesk")
        code = shown.stdout.strip()
        assert f"deploy/install-pc-client https://THIS-SERVER pc:Frontdesk {code}" in shown.stderr
        told = ["enrol", "--home", str(home), "--server", server.local()["url"], "--address", "frontdesk"]
        wrong = CliRunner().invoke(cli, [*told, "--code", "0000 0000"])
        assert wrong.exit_code == 1
        assert "the code is wrong" in wrong.output
        assert read_token(home) == ""
        done = CliRunner().invoke(cli, [*told, "--code", code])
        assert done.exit_code == 0, done.output
        settings = FILE.load(home)
        assert (settings.name, settings.address) == ("Front desk 受付", "pc:Frontdesk")
        assert stat.S_IMODE((home / "server-token").stat().st_mode) == 0o600
        me = open_client(settings, home).me()
        assert (me.name, me.role) == ("pc:frontdesk", "device")
        assert CliRunner().invoke(cli, [*told, "--code", code]).exit_code == 1
