"""The first pages of a long document are at the printers while its last ones are still being drawn (N2)."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.support.documents import make_pdf
from tests.support.server import Server, run_server
from tests.support.sink import RASTER_ONLY, run_sink

_PAGES = 200
_PRINTERS = 5


def test_pages_leave_while_later_ones_are_drawn(tmp_path: Path) -> None:
    """N2: octets of the document are at the printer before the conversion has ended, and all get the same whole one."""
    with run_sink(RASTER_ONLY) as sink, run_server(tmp_path / "home") as server:
        server.add_group("all.rec", "everybody", [f"{sink.uri(n)}; {n}" for n in range(1, _PRINTERS + 1)])
        document = make_pdf(tmp_path / "manual.pdf", pages=_PAGES)
        sent = server.command("send", str(document), "--to", "everybody", "--json")
        job = json.loads(sent.stdout.splitlines()[-1])["job"]
        deadline = time.monotonic() + 120
        while not (early := sink.stats())["arrived"]:
            assert time.monotonic() < deadline, "nothing arrives"
            time.sleep(0.02)
        assert early["documents"] == 0
        assert _conversions(server) == [], "the conversion has ended already"
        figures = sink.wait(_PRINTERS, timeout=300)
        assert figures["documents"] == _PRINTERS
        assert len(figures["digests"]) == 1
        while server.job(job)["state"] not in {"completed", "aborted"}:
            assert time.monotonic() < deadline + 300
            time.sleep(0.1)
        receipts = server.job(job)
        assert receipts["state"] == "completed"
        assert receipts["counts"]["completed"] == _PRINTERS


def _conversions(server: Server) -> list[Path]:
    """Raster documents that are whole, in the server's cache."""
    return list((server.home / "spool" / "renditions").glob("*/*.*.*.pwg"))
