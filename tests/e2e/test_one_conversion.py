"""A broadcast to a hundred printers of one class and a hundred of another is two conversions (N2)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.documents import make_tiff
from tests.support.ippeveprinter import EvePrinter, run_eve_printer
from tests.support.server import Server, run_server

_EACH = 100


@pytest.mark.real
def test_two_classes_of_a_hundred_are_two_conversions(tmp_path: Path) -> None:
    """N2, D4: a TIFF to 100 printers that take PDF and 100 that take PWG raster only: each prints the same bytes."""
    with contextlib.ExitStack() as stack:
        portable = _start(stack, tmp_path / "pdf", "application/pdf")
        raster = _start(stack, tmp_path / "pwg", "image/pwg-raster")
        server = stack.enter_context(run_server(tmp_path / "home"))
        server.add_group("all.rec", "everybody", [f"{p.uri}; {n}" for n, p in enumerate([*portable, *raster])])
        answer = server.send(str(make_tiff(tmp_path / "notice.tif", pages=2)), "--to", "everybody")
        assert answer["state"] == "completed", [d for d in answer["deliveries"] if d["state"] != "completed"]
        assert _conversions(server) == {"application/pdf": 1.0, "image/pwg-raster": 1.0}
        assert len({_only_document(printer) for printer in portable}) == 1
        assert len({_only_document(printer) for printer in raster}) == 1


def _start(stack: contextlib.ExitStack, root: Path, formats: str) -> list[EvePrinter]:
    printers = []
    for number in range(_EACH):
        folder = root / str(number)
        folder.mkdir(parents=True)
        printers.append(stack.enter_context(run_eve_printer(folder, formats=formats)))
    return printers


def _only_document(printer: EvePrinter) -> bytes:
    (document,) = printer.read_documents()
    return document


def _conversions(server: Server) -> dict[str, float]:
    """Completed conversions by format, from the metrics; thumbnails are not among them."""
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(server.get("/metrics").decode()):
        for sample in family.samples:
            if sample.name == "distserver_conversions_total" and sample.labels["class"] != "thumbnail":
                assert sample.labels["outcome"] == "completed"
                form = sample.labels["format"]
                counts[form] = counts.get(form, 0) + sample.value
    return counts
