"""The commands against a running server, and the server's tree of processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.board import make_pdf
from tests.support.device import start_device
from tests.support.processes import is_alive
from tests.support.server import ROOT, Server, run_server

_PATIENCE = 90.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    groups = home / "groups"
    groups.mkdir()
    (groups / "all.rec").write_text("# 全部\n# all.rec\ndiscard:a; 札幌支店\ndiscard:b; Osaka\n")
    (groups / "sales.rec").write_text("# 営業所\n# sales.rec\ndiscard:a; 札幌支店\n")
    with run_server(home) as running:
        yield running


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("documents") / "お知らせ.pdf"
    path.write_bytes(make_pdf(2))
    return str(path)


def _until(probe: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not probe():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_send_chooses_pages_and_layout(server: Server, document: str) -> None:
    asked = ("--pages", "1-3,7", "--number-up", "2", "--orientation", "landscape", "--scaling", "fit", "--copies", "2")
    done = server.command("send", document, "--to", "営業所", "--wait", "--json", *asked)
    assert done.returncode == 0, done.stderr
    (receipt,) = json.loads(done.stdout.splitlines()[-1])["deliveries"]
    assert (receipt["pages"], receipt["pages_total"]) == (2, 2)
    wrong = server.command("send", document, "--to", "営業所", "--pages", "3-9")
    assert (wrong.returncode != 0, "none of the chosen pages (3-9) is there" in wrong.stderr) == (True, True)


def test_send_prints_what_is_pinned(server: Server, document: str) -> None:
    done = server.command("send", document, "--to", "全部", "--title", "価格表", "--json")
    assert done.returncode == 0, done.stderr
    accepted = json.loads(done.stdout)
    assert set(accepted) == {"job"}
    waited = server.command("send", document, "--to", "営業所", "--to-destination", "Osaka", "--wait", "--json")
    assert waited.returncode == 0, waited.stderr
    last = json.loads(waited.stdout.splitlines()[-1])
    assert last["state"] == "completed"
    assert [(d["destination"], d["state"], d["reason"]) for d in last["deliveries"]] == [
        ("札幌支店", "completed", "job-completed-successfully"),
        ("Osaka", "completed", "job-completed-successfully"),
    ]
    shown = json.loads(server.command("job", "show", last["job"], "--json").stdout)
    assert shown == last


def test_send_prints_a_line_for_each_destination(server: Server, document: str) -> None:
    done = server.command("send", document, "--to", "all.rec", "--wait")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == ["Osaka", "札幌支店"]
    assert all("2/2 pages" in line for line in lines)
    assert done.stderr.endswith(" accepted for 2 destinations\n")


def test_a_key_makes_one_job_of_two_sends(server: Server, document: str) -> None:
    send = ("send", document, "--to", "sales", "--idempotency-key", "夜間-1".encode().hex(), "--json")
    first, second = (json.loads(server.command(*send).stdout) for _ in range(2))
    assert first == second
    assert (
        "accepted before for 1 destination: under this key nothing is sent again" in server.command(*send[:-1]).stdout
    )


def test_jobs_are_held_released_canceled_and_exported(server: Server, document: str, tmp_path: Path) -> None:
    job = json.loads(server.command("send", document, "--to", "全部", "--hold", "--json").stdout)["job"]
    assert json.loads(server.command("job", "show", job, "--json").stdout)["state"] == "pending-held"
    assert server.command("job", "cancel", job, "--delivery", "1").returncode == 0
    assert "released" in server.command("job", "release", job).stdout
    done = server.command("job", "show", job, "--wait", "--json")
    assert done.returncode == 1
    assert {d["destination"]: d["state"] for d in json.loads(done.stdout)["deliveries"]} == {
        "札幌支店": "canceled",
        "Osaka": "completed",
    }
    assert job in server.command("job", "list").stdout
    table = tmp_path / "receipts.csv"
    assert server.command("job", "export", job, "--output", str(table)).returncode == 0
    assert "札幌支店" in table.read_text(encoding="utf-8-sig")
    assert server.command("job", "cancel", "nothing").returncode == 2


def test_what_the_server_refuses_is_one_line_and_a_code(server: Server, document: str, tmp_path: Path) -> None:
    hostile = tmp_path / "x.pdf"
    hostile.write_bytes(b"no document")
    for arguments, word in (
        (("send", document, "--to", "無い"), "無い"),
        (("send", str(hostile), "--to", "all"), ""),
        (("send", str(tmp_path / "missing.pdf"), "--to", "all"), "cannot be read"),
        (("group", "register", "sales", "stranger.example.org"), "ask the administrator"),
    ):
        done = server.command(*arguments)
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1
        assert word in done.stderr


def test_registering_reaches_the_file(server: Server) -> None:
    file = server.home / "groups" / "sales.rec"
    assert "is now in" in server.command("group", "register", "営業所", "discard:b").stdout
    assert "discard:b; Osaka" in file.read_text()
    assert server.command("group", "withdraw", "営業所", "discard:b").returncode == 0
    assert "Osaka" not in file.read_text()


def test_a_revoked_token_ends_with_77(server: Server) -> None:
    local = server.home / "tokens" / "local.json"
    before = local.read_text()
    token = json.loads(server.command("token", "create", "admin", "--json").stdout)
    server.command("token", "revoke", token["id"])
    try:
        local.write_text(json.dumps({**json.loads(before), "token": token["secret"]}))
        assert server.command("job", "list").returncode == 77
    finally:
        local.write_text(before)


def test_a_child_that_dies_is_started_again(server: Server) -> None:
    for name in (" web ", " worker "):
        victim = next(process for process in server.descendants() if name in process.command + " ")
        victim.kill()
        _until(
            lambda name=name, dead=victim.pid: any(  # type: ignore[misc]
                name in process.command + " " and process.pid != dead and process.parent == server.process.pid
                for process in server.descendants()
            ),
            f"{name} is not started again",
        )
    assert json.loads(server.get("/healthz"))["status"] == "ok"


def test_a_second_server_on_the_home_is_refused(server: Server) -> None:
    known = (server.home / "tokens" / "local.json").read_bytes()
    url = json.loads(known)["url"]
    done = server.command("serve", "--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (78, 1), done.stderr
    assert f"is served already by process {server.process.pid} at {url}: end it, or choose another" in done.stderr
    demo = subprocess.run(
        [sys.executable, "-P", "-m", "deploy.demo", "--home", str(server.home)],
        capture_output=True,
        text=True,
        env=server.environment,
        check=False,
    )
    assert demo.returncode == 78
    assert "is served already" in demo.stderr
    assert not (server.home / "groups" / "demo.rec").exists()
    assert (server.home / "tokens" / "local.json").read_bytes() == known


def test_no_child_outlives_its_parent(tmp_path: Path) -> None:
    with run_server(tmp_path) as server:
        below = [process.pid for process in server.descendants()]
        assert len(below) >= 3
        server.process.kill()
        server.process.wait()
        _until(lambda: not any(is_alive(pid) for pid in below), "a child lives on")


def test_sigterm_ends_the_tree_in_order(tmp_path: Path) -> None:
    with run_server(tmp_path) as server:
        below = [process.pid for process in server.descendants()]
        os.kill(server.process.pid, signal.SIGTERM)
        assert server.process.wait(_PATIENCE) == 0
        assert [pid for pid in below if is_alive(pid)] == []


def test_why_a_destination_waits_is_told_once_while_one_watches(server: Server, document: str, tmp_path: Path) -> None:
    """N7: out of paper is seen at the terminal, on standard error; what scripts read stays clean."""
    with start_device("pdf", tmp_path / "tray") as device, (tmp_path / "said").open("wb") as errors:
        server.write_group("paper.rec", "paper", [f"{device.uri}; Tokyo branch"])
        _until(lambda: "paper.rec" in server.command("group", "list").stdout, "the group is not seen")
        device.set_paper(filled=False)
        watching = subprocess.Popen(
            [*_command(server), "send", document, "--to", "paper.rec", "--wait"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=server.environment,
        )
        try:
            _until(lambda: _tells_of_paper(tmp_path / "said"), "nobody says why it waits")
            device.set_paper(filled=True)
            out, _ = watching.communicate(timeout=_PATIENCE)
        finally:
            watching.kill()
    said = (tmp_path / "said").read_text().splitlines()
    assert [line.split()[-1] for line in said[:1]] == ["destination"]
    assert next(line for line in said[1:] if "paper" in line.lower()).startswith("Tokyo branch  waits: ")
    assert len(said) == len(set(said))
    assert [line.split("  ")[:2] for line in out.splitlines()] == [["Tokyo branch", "completed"]]


def _tells_of_paper(path: Path) -> bool:
    lines = path.read_text().splitlines()
    return any(" waits: " in line and "paper" in line.lower() for line in lines[1:])


def _command(server: Server) -> list[str]:
    return [sys.executable, "-m", "distserver", "--home", str(server.home)]


@pytest.mark.parametrize("which", ["serve", "web", "worker"])
def test_what_stays_up_says_in_json_where_it_is(tmp_path: Path, which: str) -> None:
    """A script that starts a server reads one line, and knows address and process."""
    port = [] if which == "worker" else ["--port", "0"]
    command = [sys.executable, "-m", "distserver", "--home", str(tmp_path / "home"), which, *port, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(60)
    assert (told["home"], told["pid"]) == (str(tmp_path / "home"), process.pid)
    assert ("url" in told) == (which != "worker")
