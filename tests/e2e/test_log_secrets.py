"""What the log of a whole server never holds, and what each of its lines does (N6, N7)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from distwire.api.client import ApiClient
from distwire.api.failures import Refused
from distwire.api.panel import SignIn
from tests.support.server import run_server

_SECRETS = ("hush-option", "hush-address", "hush-stray", "hush-title", "hush-document")
_LINES = [
    "discard:one; one; user=scan secret=hush-option",
    "ipp://127.0.0.1:1/ipp/print; nobody there; user=scan secret=hush-option",
    "ipp://bob:hush-address@printer.example/ipp/print; not understood",
    "ipp://bob:hush-address@/ipp/print; no host",
    "bob:hush-address@printer.example; no scheme",
    "discard:two; two; secret=one hush-stray",
]


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_secret_and_no_document_is_in_the_log(tmp_path: Path, style: str) -> None:
    document = tmp_path / "notice.pdf"
    canvas = Canvas(str(document), pageCompression=0)
    canvas.drawString(100, 700, "hush-document")
    canvas.save()
    with run_server(tmp_path / "home", log_format=style, log_level="DEBUG") as server:
        server.write_group("a.rec", "A", _LINES)
        deadline = time.monotonic() + 120
        while "A" not in server.command("group", "list").stdout.split():
            assert time.monotonic() < deadline
        sent = server.command("send", "--to", "A", "--title", "hush-title", "--json", str(document))
        job = json.loads(sent.stdout.splitlines()[-1])["job"]
        while server.job(job)["counts"]["retry"] + server.job(job)["counts"]["completed"] < 3:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        server.command("job", "cancel", job)
    text = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "home/logs").glob("*.log*")}
    text["stderr"] = (tmp_path / "home/serve.out").read_text(encoding="utf-8")
    assert {"serve.log", "web.log", "worker.log"} <= set(text)
    assert {(name, word) for name, said in text.items() for word in _SECRETS if word in said} == set()
    assert job in text["worker.log"]
    assert "group-problem" in text["web.log"]
    if style == "json":
        for name in ("serve.log", "web.log", "worker.log"):
            for line in map(_read, text[name].splitlines()):
                assert {"ts", "level", "logger", "event", "pid"} <= line.keys()
                assert "delivery" not in line or line["job"] in line["delivery"]


def test_nothing_that_says_who_one_is_is_in_the_log(tmp_path: Path) -> None:
    """Neither passwords, cards and grants of who stands before a panel, nor codes and tokens of devices."""
    with run_server(tmp_path / "home", log_format="json", log_level="DEBUG") as server:
        server.write_group("all.rec", "A", ["discard:one; one"])
        server.command("user", "add", "hanako", "--password-stdin", stdin="hush-hush-password\n")
        url = server.local()["url"]
        code = server.command("device", "enrol", "discard:one").stdout.strip()
        with pytest.raises(Refused):
            ApiClient(url).enrol("discard:one", "hush-code")
        token = ApiClient(url).enrol("discard:one", code).token
        device = ApiClient(url, token)
        for wrong in (SignIn(user="hanako", password="hush-wrong"), SignIn(card="hush-card")):
            with pytest.raises(Refused):
                device.sign_in(wrong)
        grant = device.sign_in(SignIn(user="hanako", password="hush-hush-password")).grant
        device.acting(grant).add_card("hush-card")
        assert device.sign_in(SignIn(card="hush-card")).user == "hanako"
    kept = "".join(path.read_text() for path in [*(tmp_path / "home/logs").glob("*"), tmp_path / "home/serve.out"])
    assert "/api/v1/enrolments" in kept
    for secret in ("hush", code, code.replace(" ", ""), token, grant, grant[3:40]):
        assert secret not in kept


def _read(line: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(line)
    return said
