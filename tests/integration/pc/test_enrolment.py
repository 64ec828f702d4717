"""A PC gets to know its server by a code (SPEC D14): the real command against a real server."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from click.testing import CliRunner

from distwire.local.token import read_token
from pc_client.cli import cli
from pc_client.server.access import open_client
from pc_client.settings import FILE
from tests.support.server import ROOT, run_server


def test_a_code_makes_a_pc_known_once(tmp_path: Path) -> None:
    home = tmp_path / "pc"
    with run_server(tmp_path / "home") as server:
        server.write_group("all.rec", "all", ["pc:Frontdesk; Front desk 受付"])
        shown = server.command("device", "enrol", "pc:frontdesk")
        code = shown.stdout.strip()
        assert "deploy/install-pc-client https://THIS-SERVER pc:Frontdesk, which asks for it" in shown.stderr
        told = ["enrol", "--home", str(home), "--server", server.local()["url"], "--address", "frontdesk"]
        wrong = CliRunner().invoke(cli, [*told, "--code", "0000 0000"])
        assert wrong.exit_code == 1
        assert "the code is wrong" in wrong.output
        assert read_token(home) == ""
        done = CliRunner(env={"PC_CLIENT_CODE": code}).invoke(cli, told)
        assert done.exit_code == 0, done.output
        settings = FILE.load(home)
        assert (settings.name, settings.address) == ("Front desk 受付", "pc:Frontdesk")
        assert stat.S_IMODE((home / "server-token").stat().st_mode) == 0o600
        me = open_client(settings, home).me()
        assert (me.name, me.role) == ("pc:frontdesk", "device")
        assert CliRunner().invoke(cli, [*told, "--code", code]).exit_code == 1


def test_the_code_stands_on_no_command_line(tmp_path: Path) -> None:
    """Other accounts of the PC read those, and would enrol in its place."""
    with run_server(tmp_path / "home", public_url="https://print.example.org/") as server:
        server.write_group("all.rec", "all", ["pc:Frontdesk; Front desk 受付"])
        shown = server.command("device", "enrol", "pc:frontdesk")
        assert "deploy/install-pc-client https://print.example.org pc:Frontdesk, which" in shown.stderr
        code = shown.stdout.strip()
        command = [str(ROOT / "deploy" / "install-pc-client"), server.local()["url"], "pc:frontdesk"]
        places = {"PC_CLIENT_HOME": str(tmp_path / "pc"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name} | places
        refused = subprocess.run(
            [*command, code], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (refused.returncode, "usage" in refused.stderr) == (2, True)
        done = subprocess.run(
            command, env=environment, input=f"{code}\n", capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.count("Code that the board shows for this PC: ") == 1
    assert "is enrolled with" in done.stdout
    assert FILE.load(tmp_path / "pc").name == "Front desk 受付"
    assert list((tmp_path / "config" / "autostart").iterdir())
