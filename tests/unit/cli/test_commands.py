"""Commands that work without a running server, and what they say when one is missing."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distserver.accounts.local import local_file, write_secret
from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.root import COMMANDS
from distserver.store.claim import claim_home
from tests.support.sources import ROOT
from tests.unit.cli.conftest import Done

Run = Callable[..., Done]


def test_groups_are_listed_as_pinned(run: Run) -> None:
    uri = "ipp://127.0.0.1:8640/ipp/print/"
    rest = {"owners": [], "paused": False, "accepting": True}
    assert json.loads(run("group", "list", "--json").out) == [
        {"file": "all.rec", "name": "全部", "members": 2, "errors": 0, "printer_uri": uri + "all", **rest},
        {"file": "sales.rec", "name": "営業所", "members": 1, "errors": 1, "printer_uri": uri + "sales", **rest},
    ]
    assert "営業所" in run("group", "list").out


def test_a_group_is_shown_by_name_without_secrets(run: Run) -> None:
    assert "札幌支店" in run("group", "show", "営業所").out
    everything = run("group", "show", "all", "--json")
    assert json.loads(everything.out)["destinations"][1]["options"] == {"secret": "***"}
    missing = run("group", "show", "無い")
    assert (missing.code, "無い" in missing.err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("print_uri", "files.example.org"),
        ("print_uri_networks", "10.0.0.0/99"),
        ("faxout_from", "192.168.7"),
        ("ipp_proxies", "nginx.example.org"),
        ("quota_guests", "job=3/day"),
        ("quota_users", "jobs=3"),
        ("public_url", "print.example.org"),
        ("public_url", "http://[::1"),
    ],
)
def test_a_setting_that_cannot_be_read_is_told_by_check_and_keeps_the_server_from_starting(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("DISTSERVER_PORT", "0")
    monkeypatch.setenv(f"DISTSERVER_{name.upper()}", value)
    first = json.loads(run("check", "--json").out)[0]
    assert (first["subject"], first["verdict"]) == ("settings", "wrong")
    assert first["message"].startswith(f"{name}: ")
    refused = run("serve")
    assert (refused.code, first["message"] in refused.err) == (Exit.SETUP, True)


def test_a_group_is_shown_with_who_may_send_to_it(run: Run, home: Path) -> None:
    assert "print-from: nowhere, all must sign in\n" in run("group", "show", "営業所").out
    (home / "groups" / "open.rec").write_text("# open\n# open.rec\n# print-from: ::1\n# senders: b, a\ndiscard:x; X\n")
    assert "senders: a, b\nprint-from: ::1/128\n" in run("group", "show", "open").out


def test_the_address_of_a_printer_goes_by_the_port_the_server_was_started_with(run: Run, home: Path) -> None:
    write_secret(home / "tokens" / "local.json", '{"url": "http://127.0.0.1:9000", "token": "x"}')
    assert "printer: ipp://127.0.0.1:9009/ipp/print/" in run("group", "show", "営業所").out


def test_check_names_file_and_line_and_ends_with_1(run: Run) -> None:
    done = run("group", "check")
    assert done.code == Exit.FAILED
    assert "sales.rec:4: error:" in done.out
    assert json.loads(run("group", "check", "--json").out)[0]["line"] == 4


def test_log_lines_are_for_servers(home: Path) -> None:
    """What is wrong is told once, in the words of the command, and of the file that was asked for only."""
    (home / "groups" / "other.rec").write_text("# other\n# other.rec\n!!; else\n")
    said = [
        subprocess.run(
            [sys.executable, "-m", "distserver", "--home", str(home), "group", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for words in (("list",), ("show", "営業所"), ("check",))
    ]
    assert (said[0].stderr, said[2].stderr) == ("", "")
    assert said[1].stderr.count("\n") == 1
    assert said[1].stderr.startswith("sales.rec:4: error:")
    assert said[2].stdout.splitlines()[-1].endswith(": 2 errors, 0 warnings")
    assert said[2].stdout.count("other.rec:3: error:") == 1


def test_an_unknown_group_is_told_with_the_nearest(run: Run) -> None:
    assert "(is 'sales' meant?): `distserver group list` shows all" in run("group", "show", "salse").err


def test_home_after_the_command_is_told_where_it_belongs(run: Run) -> None:
    done = run("group", "list", "--home", "x")
    assert (done.code, "--home stands before the sub-command" in done.err) == (Exit.USAGE, True)


def test_a_home_that_is_not_there_or_cannot_be_is_one_line(run: Run, tmp_path: Path) -> None:
    for command, at, code in (
        (("user", "list"), tmp_path / "nowhere", Exit.SETUP),
        (("job", "list"), tmp_path / "nowhere", Exit.UNREACHABLE),
        (("serve",), Path("/proc/x"), Exit.SETUP),
    ):
        done = run(*command, at=at)
        assert (done.code, done.err.count("\n"), "--home" in done.err) == (code, 1, True), done.err
    assert not (tmp_path / "nowhere").exists()


def test_an_empty_file_and_an_empty_group_are_told_before_anything_is_sent(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pdf"
    empty.touch()
    done = run("send", str(empty), "--to", "sales")
    assert (done.code, "is empty: save it anew, and send that" in done.err) == (Exit.USAGE, True)
    done = run("send", str(empty), "--to", "")
    assert (done.code, "--to is empty" in done.err) == (Exit.USAGE, True)


def test_check_and_config_speak_of_the_port_in_use(run: Run, home: Path) -> None:
    with claim_home(home) as claim:
        claim.tell("http://127.0.0.1:9999")
        port = next(f for f in json.loads(run("check", "--json").out) if f["subject"] == "port")
        assert (port["verdict"], "http://127.0.0.1:9999" in port["message"]) == ("ok", True)
        assert "http://127.0.0.1:9999" in run("config").err


def test_a_home_without_groups_is_told(run: Run, tmp_path: Path) -> None:
    done = run("group", "list", at=tmp_path / "nothing")
    assert done.code == Exit.USAGE
    assert "--home" in done.err


def test_settings_are_shown_with_their_origin(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "distserver.toml").write_text("web_threads = 3\n")
    monkeypatch.setenv("DISTSERVER_PORT", "9000")
    infos = {info["name"]: info for info in json.loads(run("config", "--json").out)}
    assert (infos["web_threads"]["value"], infos["web_threads"]["origin"]) == ("3", str(home / "distserver.toml"))
    assert (infos["port"]["value"], infos["port"]["origin"]) == ("9000", "environment DISTSERVER_PORT")
    assert infos["home"]["origin"] == "--home"
    assert "Prox" in run("config", "--explain").out
    (home / "distserver.toml").write_text("colour = 1\n")
    wrong = run("config")
    assert (wrong.code, "unknown setting 'colour'" in wrong.err) == (Exit.SETUP, True)


def test_a_device_is_let_in_by_a_code_listed_and_shut_out(run: Run, home: Path) -> None:
    address = json.loads(run("group", "show", "all", "--json").out)["destinations"][0]["address"]
    shown = run("device", "enrol", address, "--json")
    code = json.loads(shown.out)
    assert (len(code["code"]), code["code"].isdecimal(), code["address"]) == (8, True, address)
    missing = run("device", "enrol", "nowhere.example.org")
    assert (missing.code, "all.rec" in missing.err) == (Exit.USAGE, True)
    with Home(home, named=True).enrolments() as enrolments:
        enrolments.take(address, code["code"], "192.0.2.1")
    (device,) = json.loads(run("device", "list", "--json").out)
    assert (device["role"], device["note"]) == ("device", "enrolled by a code")
    assert device["id"] in run("device", "list").out
    token = json.loads(run("token", "create", address, "--role", "device", "--json").out)
    assert run("device", "revoke", token["id"]).out == f"{device['subject']}: 1 token revoked\n"
    assert run("device", "revoke", address).out == f"{device['subject']}: 1 token revoked\n"
    assert json.loads(run("device", "list", "--json").out) == []
    assert run("device", "revoke", address).code == Exit.USAGE


def test_users_and_tokens_without_a_server(run: Run) -> None:
    assert run("user", "add", "花子", "--password-stdin", stdin="ten characters\n").code == Exit.OK
    assert run("user", "add", "花子", "--no-password").code == Exit.USAGE
    assert run("user", "add", "boss", "--role", "administrator", "--no-password").code == Exit.OK
    assert run("user", "password", "花子", "--password-stdin", stdin="short\n").code == Exit.USAGE
    assert run("user", "role", "花子", "operator").code == Exit.OK
    users = json.loads(run("user", "list", "--json").out)
    assert [(user["name"], user["role"]) for user in users] == [("boss", "administrator"), ("花子", "operator")]
    token = json.loads(run("token", "create", "花子", "--note", "夜間", "--json").out)
    assert token["secret"].startswith("ds_")
    assert "夜間" in run("token", "list").out
    assert token["secret"] not in run("token", "list", "--json").out
    assert run("token", "revoke", token["id"]).code == Exit.OK
    assert run("token", "revoke", "nothing").code == Exit.USAGE
    assert run("user", "disable", "花子").code == Exit.OK
    assert run("user", "disable", "boss").code == Exit.USAGE


def test_without_a_server_commands_say_what_to_start(run: Run, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    file.write_bytes(b"%PDF")
    for command in (["job", "list"], ["send", str(file), "--to", "all"], ["group", "register", "sales", "a"]):
        done = run(*command)
        assert done.code == Exit.UNREACHABLE
        assert "distserver serve" in done.err
        assert done.err.count("\n") == 1
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    write_secret(local_file(home), json.dumps({"url": f"http://127.0.0.1:{port}", "token": "ds_x"}))
    done = run("job", "list")
    assert (done.code, "does not answer" in done.err) == (Exit.UNREACHABLE, True)


def test_wrong_arguments_end_with_2(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    file.write_bytes(b"%PDF")
    for command in (
        ["send"],
        ["send", str(file)],
        ["send", str(file), "--to", "x", "--copies", "0"],
        ["send", str(file), "--to", "x", "--not-before", "soon"],
        ["send", str(file), "--to", "x", "--hold", "--wait"],
        ["nonsense"],
        ["job", "show"],
    ):
        assert run(*command).code == Exit.USAGE, command


def test_check_finds_what_is_wrong_and_names_the_mend(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTSERVER_PORT", "0")
    found = {finding["subject"]: finding for finding in json.loads(run("check", "--json").out)}
    assert set(found) == {
        *(
            "packages",
            "settings",
            "home",
            "tokens",
            "disk",
            "database",
            "times",
            "groups",
            "destinations",
            "port",
            "tls",
            "cups",
        )
    }
    assert found["groups"]["verdict"] == "note"
    write_secret(home / "tokens" / "local.json", "{}")
    (home / "tokens" / "local.json").chmod(stat.S_IRUSR | stat.S_IROTH)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("DISTSERVER_PORT", str(listening.getsockname()[1]))
        (home / "tokens" / "local.json").write_text('{"url": "http://127.0.0.1:1", "token": "x"}')
        monkeypatch.setenv("DISTSERVER_SPOOL_RESERVE_MB", str(1 << 40))
        done = run("check", "--json")
    wrong = {f["subject"]: f["mend"] for f in json.loads(done.out) if f["verdict"] == "wrong"}
    assert done.code == Exit.SETUP
    assert set(wrong) == {"tokens", "disk", "port"}
    assert all(wrong.values())


@pytest.mark.parametrize("url", ["mysql://user:hush@db/x", "nonsense", "postgresql://user:hush@db:port/x"])
def test_a_database_that_is_none_is_told_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DISTSERVER_DATABASE", url)
    for done in (run("check"), run("user", "list")):
        assert done.code == Exit.SETUP
        assert "the setting `database`" in done.out + done.err
        assert "hush" not in done.out + done.err


def test_a_worker_on_a_machine_of_its_own_needs_no_groups(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTSERVER_DOCUMENTS_URL", "http://127.0.0.1:9")
    out = run("check", at=tmp_path / "worker").out
    assert "ok     groups: are read by the web server at http://127.0.0.1:9\n" in out


def test_a_taken_port_is_one_line_with_the_mend(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = run("serve", "--port", str(listening.getsockname()[1]))
    assert done.code == Exit.SETUP
    assert "is taken" in done.err
    assert "--port" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_our_words(run: Run, shell: str) -> None:
    assert "_DISTSERVER_COMPLETE" in run("completion", shell).out


def test_help_is_there_for_every_command(run: Run) -> None:
    for name in COMMANDS:
        assert run(name, "--help").out.startswith("Usage: distserver")
