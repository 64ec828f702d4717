"""What the log of a whole server never holds, and what each of its lines does (N6, N7)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

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
        deadline = time.monotonic() + 60
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


def _read(line: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(line)
    return said
