"""Groups as IPP FaxOut services (PWG 5100.15, SPEC N1): destinations that each job names, each with its own wishes."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pypdfium2 as pdfium
import pytest

from distwire.ipp import Attribute, Group, Message, Operation, Status, attribute, collection
from distwire.ipp.enums import JobState, TransmissionStatus
from distwire.ipp.values import boolean, enum, integer, keyword, name, range_of, text, uri
from tests.support.documents import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippeveprinter import EvePrinter, find_port, run_eve_printer
from tests.support.ippwire import HttpStatus, ask

pytestmark = pytest.mark.real

_PATIENCE = 90.0
_A4, _LETTER = "iso_a4_210x297mm", "na_letter_8.5x11in"
_ALL = attribute("requested-attributes", keyword("all"))
_OLD = "device:old-machine"


@dataclass
class Place:
    """Two printers, which are the group `office`; nobody listens at `nowhere`, the group `away`. The document has three
    pages."""

    house: House
    printers: list[EvePrinter]
    nowhere: str
    document: bytes

    def fax(
        self, *destinations: tuple[Attribute, ...], group: str = "office", job: tuple[Attribute, ...] = ()
    ) -> Message:
        """Print-Job at the fax of the group: destinations by what each is to say, and further attributes."""
        named = (attribute("destination-uris", *(collection(*one) for one in destinations)),) if destinations else ()
        fax = self.house.printer(group, "faxout")
        return ask(fax, Operation.PRINT_JOB, job=(*named, *job), document=self.document)

    def look(self, number: int) -> Group:
        """All attributes of a job."""
        of_job = attribute("job-id", integer(number))
        return ask(self.house.printer("office", "faxout"), Operation.GET_JOB_ATTRIBUTES, of_job, _ALL).job

    def wait_for(self, number: int, true: Callable[[Group], bool]) -> Group:
        """The job, once that is true of it."""
        until = time.monotonic() + _PATIENCE
        while not true(job := self.look(number)):
            assert time.monotonic() < until, job
            time.sleep(0.2)
        return job

    def wait_for_end(self, answer: Message) -> Group:
        """The job that the answer is about, once it has ended."""
        return self.wait_for(_number(answer), lambda job: (job.integer("job-state") or 0) >= JobState.CANCELED)


def _number(answer: Message) -> int:
    number = answer.job.integer("job-id")
    assert number is not None, answer
    return number


def _to(address: str, *wishes: Attribute) -> tuple[Attribute, ...]:
    return (attribute("destination-uri", uri(address)), *wishes)


def _statuses(job: Group, member: str = "transmission-status") -> dict[str | None, int | None]:
    statuses = job.collections("destination-statuses")
    return {one.string("destination-uri"): one.integer(member) for one in statuses}


def _last_job(printer: EvePrinter) -> Group:
    """What the printer was asked for last."""
    which = attribute("which-jobs", keyword("completed"))
    return max(ask(printer.uri, Operation.GET_JOBS, which, _ALL).groups[1:], key=lambda job: job.integer("job-id") or 0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("place")
    with contextlib.ExitStack() as stack:
        printers = []
        for number in range(2):
            (root / f"branch{number}").mkdir()
            printers.append(stack.enter_context(run_eve_printer(root / f"branch{number}", formats="application/pdf")))
        house = stack.enter_context(run_house(root / "home", faxout_from="127.0.0.1"))
        nowhere = f"ipp://127.0.0.1:{find_port()}/ipp/print"
        house.write_group("office", *(f"{one.uri}; Branch {n}" for n, one in enumerate(printers)))
        house.write_group("numbers", f"{_OLD}; The old machine")
        house.write_group("away", f"{nowhere}; Nobody")
        house.write_group("bin", "discard:one; Bin one", "discard:two; Bin two; copies=2")
        house.write_group("closed", "discard:three; Bin three", comments=())
        house.write_group("dialled", f"tel:+81-3-5555-0100; Head office; server=hylafax://127.0.0.1:{find_port()}")
        house.wait_for_groups("office", "numbers", "away", "bin", "closed", "dialled")
        yield Place(house, printers, nowhere, make_pdf(root / "notice.pdf", pages=3).read_bytes())


def test_a_number_that_is_dialled_is_that_of_its_line(place: Place) -> None:
    """Which stands there as the world knows it; it is called once, and the job tells what was asked of it."""
    dialing = attribute("pre-dial-string", keyword("9"))
    answer = place.fax(_to("tel:0355550100", dialing), _to("tel:03-5555-0100", dialing), group="dialled")
    assert answer.code == Status.OK
    try:
        job = place.look(_number(answer))
        (told,) = job.collections("destination-uris")
        assert told.string("pre-dial-string") == "9"
        assert list(_statuses(job)) == ["tel:+81-3-5555-0100"]
    finally:
        fax = place.house.printer("dialled", "faxout")
        assert ask(fax, Operation.CANCEL_JOB, attribute("job-id", integer(_number(answer)))).code == Status.OK


@pytest.mark.parametrize("wrong", ["tel:+81-3-5555-0199", "discard:nobody", "gopher:old", "tel:none"])
def test_a_fax_to_whom_it_cannot_go_is_refused(place: Place, wrong: str) -> None:
    """N1: nothing is sent to the others either, and the answer names the destination."""
    answer = place.fax(_to("discard:two"), _to(wrong), group="bin")
    assert answer.code == Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    (named,) = answer.unsupported.collections("destination-uris")
    assert named.string("destination-uri") == wrong


def test_a_guest_names_no_group_that_does_not_let_them_in(place: Place) -> None:
    """N1, section 8 of the architecture: at the fax of an open group as little as at the closed one itself."""
    with pytest.raises(HttpStatus) as refused:
        place.fax(_to(place.house.printer("closed")), group="bin")
    assert refused.value.status == 401


def test_what_one_destination_is_asked_outweighs_what_all_are(place: Place) -> None:
    """N1: media, quality and copies of one, while the other has those of the job; the job tells both."""
    first, second = place.printers
    wishes = (
        attribute("media", keyword(_LETTER)),
        attribute("print-quality", enum(5)),
        attribute("copies", integer(2)),
    )
    dialing = attribute("pre-dial-string", keyword("9"))
    job = (attribute("media", keyword(_A4)), attribute("print-quality", enum(4)))
    ended = place.wait_for_end(place.fax(_to(first.uri, *wishes, dialing), job=job))
    assert ended.integer("job-state") == JobState.COMPLETED
    there, other = _last_job(first), _last_job(second)
    assert (there.string("media"), there.integer("print-quality")) == (_LETTER, 5)
    assert (other.string("media"), other.integer("print-quality")) == (_A4, 4)
    uris, statuses = ended.collections("destination-uris"), ended.collections("destination-statuses")
    assert len(uris) == len(statuses) == 2
    (told,) = [one for one in uris if one.string("destination-uri") == first.uri]
    assert (told.string("media"), told.integer("print-quality"), told.string("pre-dial-string")) == (_LETTER, 5, "9")


def test_what_a_line_says_outweighs_what_a_sender_asks_of_it(place: Place) -> None:
    """N1: and the one that says nothing gets what the sender asks."""
    seven = attribute("copies", integer(7))
    ended = place.wait_for_end(place.fax(_to("discard:two", seven), _to("discard:one", seven), group="bin"))
    assert _statuses(ended, "images-completed") == {"discard:one": 21, "discard:two": 6}


def test_what_is_not_done_for_one_destination_is_named_and_the_rest_is_done(place: Place) -> None:
    odd = (
        attribute("print-quality", enum(9)),
        attribute("x-unheard-of", boolean(True)),
        attribute("copies", integer(2)),
    )
    answer = place.fax(_to("discard:one", *odd), group="bin")
    assert answer.code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    (named,) = answer.unsupported.collections("destination-uris")
    assert {one.name for one in named} == {"destination-uri", "print-quality", "x-unheard-of"}
    assert place.wait_for_end(answer).integer("job-impressions-completed") == 12


def test_wishes_for_the_printer_of_a_group_are_for_each_of_its_members(place: Place) -> None:
    """N1: a member whose line says otherwise excepted."""
    wish = attribute("copies", integer(3))
    ended = place.wait_for_end(place.fax(_to(place.house.printer("bin"), wish), group="bin"))
    assert _statuses(ended, "images-completed") == {"discard:one": 9, "discard:two": 6}


def test_tries_are_as_many_as_the_fax_asks_for(place: Place) -> None:
    """PWG 5100.15 §7.2: number-of-retries, retry-interval and retry-time-out."""
    job = (attribute("number-of-retries", integer(0)), attribute("retry-time-out", integer(7200)))
    ended = place.wait_for_end(place.fax(group="away", job=job))
    assert _statuses(ended) == {place.nowhere: TransmissionStatus.ABORTED}
    listed = json.loads(place.house.server.get("/api/v1/jobs"))["jobs"][0]
    created, deadline = (datetime.fromisoformat(listed[key]) for key in ("created", "deadline"))
    assert (deadline - created).total_seconds() == pytest.approx(7200, abs=600)
    for wrong in ("number-of-retries", "retry-interval", "retry-time-out"):
        fax = place.house.printer("away", "faxout")
        answer = ask(fax, Operation.VALIDATE_JOB, job=[attribute(wrong, integer(-1))])
        assert answer.code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
        assert wrong in answer.unsupported


@pytest.mark.parametrize(
    ("handling", "images"),
    [
        ("separate-documents-collated-copies", {"discard:one": 2, "discard:two": 8}),
        ("single-document-new-sheet", {"discard:one": 1, "discard:two": 4}),
    ],
)
def test_ranges_of_several_documents_go_by_how_they_are_handled(
    place: Place, handling: str, images: dict[str, int]
) -> None:
    """RFC 8011 §5.2.4: those of all destinations, and those of a single one."""
    fax = place.house.printer("bin", "faxout")
    one = collection(*_to("discard:one", attribute("page-ranges", range_of(1, 1))))
    ranges = attribute("page-ranges", range_of(2, 3))
    job = (attribute("destination-uris", one), ranges, attribute("multiple-document-handling", keyword(handling)))
    answer = ask(fax, Operation.CREATE_JOB, job=job)
    for last in (False, True):
        which = (attribute("job-id", integer(_number(answer))), attribute("last-document", boolean(last)))
        assert ask(fax, Operation.SEND_DOCUMENT, *which, document=place.document).code == Status.OK
    assert _statuses(place.wait_for_end(answer), "images-completed") == images


def test_a_cover_sheet_is_a_page_in_front(place: Place) -> None:
    """PWG 5100.15 §7.1.2; page ranges count in the document all the same, and what cannot stand on it is named."""
    sheet = collection(
        attribute("to-name", name("All branches")),
        attribute("from-name", name("Head office")),
        attribute("subject", text("Price list <May> & June")),
        attribute("message", text("Please hang it up.\nThank you.")),
        attribute("logo", uri("https://example.org/logo.jpg")),
    )
    ranges = attribute("page-ranges", range_of(2, 2))
    job = (attribute("cover-sheet-info", sheet), attribute("confirmation-sheet-print", boolean(True)), ranges)
    answer = place.fax(job=job)
    assert {one.name for one in answer.unsupported} == {"cover-sheet-info", "confirmation-sheet-print"}
    assert place.wait_for_end(answer).integer("job-state") == JobState.COMPLETED
    for printer in place.printers:
        with pdfium.PdfDocument(printer.read_documents()[-1]) as document:
            words = [page.get_textpage().get_text_bounded() for page in document]
        assert len(words) == 2
        for expected in ("All branches", "Head office", "Price list <May> & June", "Please hang it up.", "Thank you."):
            assert expected in words[0]


def _describe(place: Place, address: str) -> Message:
    asked = attribute("destination-uri", uri(address))
    return ask(place.house.printer("bin", "faxout"), Operation.GET_PRINTER_ATTRIBUTES, asked)


def test_a_fax_tells_what_one_destination_can_do(place: Place) -> None:
    """PWG 5100.15 §4.1: any destination of any group, as it described itself when something was sent to it."""
    place.wait_for_end(place.fax())
    told = _describe(place, place.printers[0].uri)
    assert told.code == Status.OK
    assert told.printer.strings("sides-supported") == ("one-sided",)
    assert told.printer.string("media-default") == _LETTER
    whole = ask(place.house.printer("bin", "faxout"), Operation.GET_PRINTER_ATTRIBUTES)
    assert "two-sided-long-edge" in whole.printer.strings("sides-supported")
    assert _describe(place, place.house.printer("office")).printer.string("media-default") == _LETTER
    assert _describe(place, "tel:0355550100").code == Status.OK


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("gopher:old", Status.URI_SCHEME_NOT_SUPPORTED),
        ("tel:none", Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED),
        ("ipp://192.0.2.7/ipp/print", Status.NOT_FOUND),
        (_OLD, Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED),
        ("tel:0355550199", Status.NOT_FOUND),
    ],
)
def test_asking_for_a_destination_to_which_nothing_goes(place: Place, address: str, status: Status) -> None:
    answer = _describe(place, address)
    assert (answer.code, answer.unsupported.string("destination-uri")) == (status, address)


def test_statuses_are_true_in_every_state(place: Place) -> None:
    """PWG 5100.15 §7.3.2: before the document is there, held, waiting for another try, under way, and at each end."""
    pending, retry, processing, canceled, aborted, completed = TransmissionStatus
    fax = place.house.printer("office", "faxout")
    named = attribute("destination-uris", collection(*_to(_OLD)), collection(*_to(place.nowhere)))
    number = _number(ask(fax, Operation.CREATE_JOB, job=[named, attribute("job-hold-until", keyword("indefinite"))]))
    of_job, last = attribute("job-id", integer(number)), attribute("last-document", boolean(True))
    assert _statuses(place.look(number)) == {_OLD: pending, place.nowhere: pending}
    assert ask(fax, Operation.SEND_DOCUMENT, of_job, last, document=place.document).code == Status.OK
    first, second = (printer.uri for printer in place.printers)
    known = {_statuses(place.look(number)).get(one) for one in (first, second, place.nowhere)}
    assert known == {pending}
    for printer in place.printers:
        printer.load_paper(False)
    try:
        assert ask(fax, Operation.RELEASE_JOB, of_job).code == Status.OK
        under_way = {first: processing, second: processing, _OLD: aborted, place.nowhere: retry}
        place.wait_for(number, lambda job: _statuses(job) == under_way)
    finally:
        for printer in place.printers:
            printer.load_paper(True)
    done = {**under_way, first: completed, second: completed}
    place.wait_for(number, lambda job: _statuses(job) == done)
    assert ask(fax, Operation.CANCEL_JOB, of_job).code == Status.OK
    ended = place.wait_for(number, lambda job: _statuses(job) == {**done, place.nowhere: canceled})
    assert "destination-uri-failed" in ended.strings("job-state-reasons")


def test_a_fax_tells_what_it_takes(place: Place) -> None:
    """PWG 5100.15 §7.4: every attribute of a FaxOut service that has no scanner and no modem of its own."""
    told = ask(place.house.printer("office", "faxout"), Operation.GET_PRINTER_ATTRIBUTES).printer
    for wanted in (
        "confirmation-sheet-print-default",
        "cover-sheet-info-default",
        "cover-sheet-info-supported",
        "destination-uri-schemes-supported",
        "destination-uris-supported",
        "from-name-supported",
        "message-supported",
        "multiple-destination-uris-supported",
        "number-of-retries-default",
        "number-of-retries-supported",
        "printer-alert",
        "printer-alert-description",
        "printer-fax-log-uri",
        "retry-interval-default",
        "retry-interval-supported",
        "retry-time-out-default",
        "retry-time-out-supported",
        "subject-supported",
        "to-name-supported",
    ):
        assert wanted in told, wanted
    assert "faxout" in told.strings("ipp-features-supported")
    taken = told.strings("destination-uris-supported")
    assert {"destination-uri", "pre-dial-string", "media", "print-quality"} <= set(taken)
