"""Three real printers, a server whose group they are, and a CUPS with queues on that group: what an office has."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.cupsd import CupsServer, run_cups_server
from tests.support.documents import difference
from tests.support.group_printers import House, run_house
from tests.support.ippeveprinter import EvePrinter, run_eve_printer
from tests.support.pages import fit_on_paper, read_document
from tests.support.patience import wait_until

_LIKE = 12
"""How far pages may differ that have been through a few programs, each with an eye of its own for grey."""


@dataclass
class Street:
    """The group is `office`; CUPS has the queue `office` on its printer, and `fax` on its FaxOut service."""

    printers: list[EvePrinter]
    house: House
    cups: CupsServer

    def find_job(self, title: str) -> dict[str, Any] | None:
        """Our job whose title holds that, as the API lists it."""
        listed = json.loads(self.house.server.get("/api/v1/jobs"))["jobs"]
        return next((job for job in listed if title in job["title"]), None)

    def list_deliveries(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.house.server.get(f"/api/v1/jobs/{job['id']}/deliveries"))[
            "deliveries"
        ]
        return found

    def wait_for(self, title: str, state: str) -> dict[str, Any]:
        """Our job of that title, once it is in that state."""

        def has_come() -> bool:
            job = self.find_job(title)
            return job is not None and job["state"] == state

        wait_until(has_come, lambda: (self.find_job(title), self.list_queued(), self.house.log()[-2000:]))
        job = self.find_job(title)
        assert job is not None
        return job

    def load_paper(self, present: bool) -> None:
        """Empty or fill the trays of all three."""
        for printer in self.printers:
            printer.load_paper(present)

    def count_documents(self) -> list[int]:
        """How many documents each printer has been sent."""
        return [len(printer.read_documents()) for printer in self.printers]

    def list_queued(self) -> str:
        """What waits at CUPS."""
        return self.cups.run("lpstat", "-o")

    def print(self, document: Path, *options: str, queue: str = "office") -> str:
        """`lp`, onto A4; the job's number at CUPS, as `lp` says it."""
        said = self.cups.run("lp", "-d", queue, "-o", "media=iso_a4_210x297mm", *options, str(document))
        return said.removeprefix("request id is ").split()[0]

    def check_last(self, wanted: list[Image.Image]) -> None:
        """What came to each printer last looks like these pages."""
        for printer in self.printers:
            pages = [fit_on_paper(page) for page in read_document(printer.read_documents()[-1])]
            assert len(pages) == len(wanted), f"{printer.uri} was sent {len(pages)} pages"
            for number, (page, original) in enumerate(zip(pages, wanted, strict=True), start=1):
                found = difference(fit_on_paper(original), page)
                assert found < _LIKE, f"{printer.uri}, page {number}, differs by {found:.1f}"


@contextmanager
def run_street(root: Path) -> Iterator[Street]:
    """All of it under `root`, for as long as the block runs."""
    with contextlib.ExitStack() as stack:
        printers = []
        for number in range(3):
            folder = root / f"branch{number}"
            folder.mkdir()
            printers.append(stack.enter_context(run_eve_printer(folder)))
        house = stack.enter_context(run_house(root / "home", faxout_from="127.0.0.1", faxout_to="any"))
        house.write_group("office", *(f"{one.uri}; branch {n}" for n, one in enumerate(printers)))
        cups = stack.enter_context(run_cups_server())
        cups.add_driverless("office", house.printer("office"))
        fax = house.printer("office", "faxout")
        cups.add_driverless("fax", fax, f"driverless-fax:{fax}")
        yield Street(printers, house, cups)
