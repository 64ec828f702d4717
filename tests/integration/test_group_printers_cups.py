"""Printing and faxing to a group from any program, through CUPS (SPEC N1, D13): no driver of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.ipp import Operation, attribute
from distwire.ipp.values import keyword
from tests.support.documents import make_pdf
from tests.support.hylafax import run_hylafax
from tests.support.ippeveprinter import EvePrinter
from tests.support.ippwire import ask
from tests.support.pages import read_file
from tests.support.patience import wait_until
from tests.support.street import Street, run_street

pytestmark = pytest.mark.real

_STOPS = "processing-to-stop-point"
_NUMBER = "+81-3-5555-0100"


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with run_street(tmp_path_factory.mktemp("street")) as made:
        yield made


@pytest.fixture
def document(tmp_path: Path) -> Path:
    return make_pdf(tmp_path / "notice.pdf", pages=2)


def _says(printer: EvePrinter) -> tuple[str, ...]:
    """What the printer says of the jobs that it has in hand."""
    wanted = attribute("requested-attributes", keyword("job-state-reasons"))
    groups = ask(printer.uri, Operation.GET_JOBS, wanted).groups
    return tuple(word for group in groups for word in group.strings("job-state-reasons"))


def test_lp_reaches_three_printers(street: Street, document: Path) -> None:
    """N1: a queue made by `lpadmin -m everywhere` on a group."""
    before = street.count_documents()
    number = street.print(document, "-t", "Price list")
    assert number.startswith("office-")
    job = street.wait_for("Price list", "completed")
    assert job["counts"]["completed"] == 3
    assert street.count_documents() == [count + 1 for count in before]
    street.check_last(read_file(document))
    wait_until(lambda: number not in street.list_queued(), street.list_queued)
    assert number in street.cups.run("lpstat", "-W", "completed", "-o", "office")


def test_a_fax_reaches_the_group_and_tries_the_number(street: Street, document: Path) -> None:
    """N1: a fax queue of CUPS on the group's FaxOut service: the number of `lp` comes on top of the group."""
    before = street.count_documents()
    with run_hylafax() as hylafax:
        registry = street.house.server.home / "destinations.rec"
        registry.write_text(f"tel:*; every number; server={hylafax.server}\n")
        show = ("destination", "show", f"tel:{_NUMBER}")
        wait_until(lambda: hylafax.server in street.house.server.command(*show).stdout)
        number = street.print(document, "-t", "Recall", "-o", f"phone={_NUMBER}", queue="fax")
        job = street.wait_for("Recall", "completed")
        (call,) = hylafax.exchange.read_calls()
    assert (call.number, call.pages) == ("0355550100", 2)
    assert "completed-with-errors" not in job["reasons"]
    assert street.count_documents() == [count + 1 for count in before]
    street.check_last(read_file(document))
    ends = {row["address"]: (row["state"], row["reason"]) for row in street.list_deliveries(job)}
    assert ends.pop(f"tel:{_NUMBER}") == ("completed", "job-confirmed-by-fax")
    assert list(ends.values()) == [("completed", "job-completed-successfully")] * 3
    wait_until(lambda: number not in street.list_queued(), street.list_queued)


def test_cancel_at_cups_cancels_our_job(street: Street, document: Path) -> None:
    """N1: all the way, while the printers have no paper; they end what they have in hand when there is some again."""
    street.load_paper(False)
    try:
        number = street.print(document, "-t", "Withdrawn")
        job = street.wait_for("Withdrawn", "processing")
        wait_until(
            lambda: all("job-printing" in _says(one) for one in street.printers), lambda: street.list_deliveries(job)
        )
        assert number in street.list_queued()
        street.cups.run("cancel", number)
        wait_until(lambda: number not in street.list_queued(), street.list_queued)
        wait_until(lambda: all(_STOPS in _says(one) for one in street.printers), lambda: street.list_deliveries(job))
    finally:
        street.load_paper(True)
    street.wait_for("Withdrawn", "canceled")


def test_what_is_held_at_cups_goes_out_when_it_is_resumed(street: Street, document: Path) -> None:
    """N1: `lp -H hold`, `lpstat`, `lp -H resume`, and `cancel` of what is held."""
    before = street.count_documents()
    number = street.print(document, "-t", "Held at CUPS", "-H", "hold")
    other = street.print(document, "-t", "Never sent", "-H", "hold")
    assert number in street.list_queued()
    street.cups.run("cancel", other)
    street.cups.run("lp", "-i", number, "-H", "resume")
    street.wait_for("Held at CUPS", "completed")
    assert street.find_job("Never sent") is None
    assert street.count_documents() == [count + 1 for count in before]


def test_what_is_held_here_waits_here(street: Street, document: Path) -> None:
    """N1: a job that waits for the printers is held at our server. The `ipp` backend of CUPS takes a job that is held
    at its printer for done; here it stays until it is released."""
    street.load_paper(False)
    try:
        street.print(document, "-t", "In front")
        street.wait_for("In front", "processing")
        number = street.print(document, "-t", "Held here", queue="fax")
        job = street.wait_for("Held here", "pending")
        assert number in street.list_queued()
        assert street.house.server.command("job", "hold", job["id"]).returncode == 0
    finally:
        street.load_paper(True)
    street.wait_for("In front", "completed")
    before = street.count_documents()
    wait_until(lambda: number not in street.list_queued(), street.list_queued)
    assert street.wait_for("Held here", "pending-held")["counts"]["completed"] == 0
    assert street.house.server.command("job", "release", job["id"]).returncode == 0
    street.wait_for("Held here", "completed")
    assert street.count_documents() == [count + 1 for count in before]
