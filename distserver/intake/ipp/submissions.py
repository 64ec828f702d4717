"""From the job attributes of a request to the submission that it becomes, at its printer (SPEC N1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from distserver.errors import BadRequest, NotFound
from distserver.intake.ipp.addresses import Kind, Place
from distserver.intake.ipp.fax_ticket import FaxReading, FaxTicket, name_destinations, read_fax_ticket
from distserver.intake.ipp.gate import Visitor, check_sender
from distserver.intake.ipp.printers import Printer, addressed
from distserver.intake.ipp.rim import Rim
from distserver.intake.ipp.ticket import Reading, Ticket, read_ticket
from distserver.jobs.incoming import Made, Make
from distserver.model.address import Destination
from distserver.model.documents import Document, PrintOptions
from distserver.model.jobs import Submission
from distserver.model.pages import PageRanges, check_page_ranges, format_page_ranges, spread_page_ranges
from distserver.store.ipp_jobs import IppJobRow
from distserver.store.spool import Upload
from distwire.ipp.attributes import AttributeList, Group, attribute
from distwire.ipp.decode import decode_message
from distwire.ipp.enums import Status
from distwire.ipp.service import Refusal
from distwire.ipp.values import uri
from distwire.pdf.cover_sheet import COVER_NAME, CoverSheet, draw_cover_sheet

Move = Callable[[PageRanges], PageRanges]


class Submissions:
    """Reads what is asked, and makes of it what is sent."""

    def __init__(self, rim: Rim) -> None:
        self._rim = rim

    def read(self, asked: Group, printer: Printer, visitor: Visitor | None = None) -> Reading:
        """What is asked; of a new job, what `visitor` asks. Raises `Refusal` for a fax with a destination to which
        nothing can go, or with none, and `NotSignedIn` where one may be named only by who has signed in."""
        ability, now = self._rim.ability(printer), datetime.now().astimezone()
        if not printer.is_fax:
            return read_ticket(asked, ability, now)
        reading = self._find_lines(read_fax_ticket(asked, ability, now))
        if visitor is not None:
            self._check_rights(visitor, printer, reading.ticket)
        wrong = (*reading.unreachable, *self._list_unknown(reading))
        if wrong:
            words = "nothing can be sent to: " + ", ".join(_name(one) for one in wrong[:10])
            raise Refusal(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, words, (name_destinations(wrong),))
        if not printer.place.name and not reading.ticket.addressed:
            raise Refusal(Status.BAD_REQUEST, "name at least one destination: destination-uris is missing")
        return reading

    def _find_lines(self, reading: FaxReading) -> FaxReading:
        """Numbers are of the lines that have them, in whichever form they are dialled: what those say holds, and nobody
        is called twice."""
        find_same = self._rim.snapshot().find_same
        addressed = tuple(replace(one, address=find_same(one.address)) for one in reading.ticket.addressed)
        return replace(reading, ticket=replace(reading.ticket, addressed=addressed))

    def _check_rights(self, visitor: Visitor, printer: Printer, ticket: FaxTicket) -> None:
        """Beside the members of its own group, a fax goes to groups whose files let the visitor in, and to single
        destinations where the fax without a group does."""
        members = {one.address.uri for one in printer.members}
        for one in ticket.addressed:
            place = self._rim.place_at(one.name)
            if place is not None:
                check_sender(visitor, self._rim.printers.find(place).access)
            elif one.address.uri not in members:
                check_sender(visitor, self._rim.printers.find(Place(Kind.FAXOUT, "")).access)

    def _list_unknown(self, reading: FaxReading) -> list[AttributeList]:
        """Nothing goes to an address that an administrator has not written down, unless the setting says so."""
        if self._rim.any_destination:
            return []
        snapshot = self._rim.snapshot()
        return [
            AttributeList([attribute("destination-uri", uri(one.name))])
            for one in reading.ticket.addressed
            if snapshot.find_known(one.address.uri) is None and self._rim.group_at(one.name) is None
        ]

    def make(self, printer: Printer, ticket: Ticket) -> Make:
        """The submission of a job with this ticket."""

        def make(row: IppJobRow, documents: tuple[Document, ...]) -> Made:
            plain = Submission(
                title=row.title,
                documents=documents,
                options=_move_pages(ticket.options, _pages_within(ticket, documents)),
                priority=ticket.priority,
                not_before=ticket.not_before,
                hold=ticket.hold,
            )
            made = self._add_fax(Made(plain), ticket, row) if isinstance(ticket, FaxTicket) else Made(plain)
            return replace(made, submission=addressed(printer, made.submission, self._rim.snapshot()))

        return make

    def make_later(self) -> Make:
        """Of a job that was created earlier: by what was asked then, at the printer it was created at."""

        def make(row: IppJobRow, documents: tuple[Document, ...]) -> Made:
            at = self._rim.printers.find(Place.of_key(row.printer))
            try:
                reading = self.read(decode_message(row.request)[0].job, at)
            except Refusal as refusal:  # a destination stands in no file any more: it never will be a job
                raise NotFound(str(refusal)) from refusal
            return self.make(at, reading.ticket)(row, documents)

        return make

    def _add_fax(self, made: Made, ticket: FaxTicket, row: IppJobRow) -> Made:
        """Destinations and deadline; where one is the printer of a group of ours, what is asked of it is asked of each
        member."""
        move = _pages_within(ticket, made.submission.documents)
        files, singles = self._sort([_move_wish(one, move) for one in ticket.addressed])
        deadline = None if ticket.seconds is None else max(row.touched, ticket.not_before or 0) + ticket.seconds
        submission = replace(made.submission, groups=files, addressed=singles, asked=ticket.asked, deadline=deadline)
        faxed = replace(made, submission=submission)
        return faxed if ticket.cover is None else self._add_cover(faxed, ticket.cover)

    def _sort(self, destinations: Sequence[Destination]) -> tuple[tuple[str, ...], tuple[Destination, ...]]:
        files: dict[str, None] = {}
        singles: list[Destination] = []
        snapshot = self._rim.snapshot()
        for one in destinations:
            file = self._rim.group_at(one.name)
            if file is None:
                singles.append(one)
                continue
            files[file] = None
            if one.options:
                members = snapshot.members(snapshot.find(file))
                singles += [replace(member, options=one.options) for member in members]
        return tuple(files), tuple(singles)

    def _add_cover(self, made: Made, cover: CoverSheet) -> Made:
        """A page in front of the documents; ranges of pages go on to count in these."""
        submission = made.submission
        pages = submission.options.count_sides(submission.documents)
        drawn = draw_cover_sheet(cover, datetime.now().astimezone(), pages)
        upload, document = _store(self._rim, drawn)
        documents, move = (document, *submission.documents), partial(_count_on, document.pages)
        options = _move_pages(submission.options, move)
        singles = tuple(_move_wish(one, move) for one in submission.addressed)
        made_of = replace(submission, documents=documents, options=options, addressed=singles)
        return Made(made_of, (upload,))


def _store(rim: Rim, drawn: bytes) -> tuple[Upload, Document]:
    upload = rim.spool.receive(limit=rim.house.most_octets)
    try:
        upload.write(drawn)
        upload.finish()
        return upload, rim.admit(upload, COVER_NAME)
    except BaseException:
        upload.drop()
        raise


def _pages_within(ticket: Ticket, documents: Sequence[Document]) -> Move:
    """From ranges as the ticket means them to ranges that count the pages of all documents one after the other."""
    if not ticket.separate:
        return lambda ranges: ranges
    return partial(spread_page_ranges, [document.pages for document in documents])


def _count_on(pages: int, ranges: PageRanges) -> PageRanges:
    """The same pages behind so many others, and those others."""
    return ((1, pages), *((first + pages, last + pages) for first, last in ranges))


def _move_pages(options: PrintOptions, move: Move) -> PrintOptions:
    return replace(options, page_ranges=move(options.page_ranges)) if options.page_ranges else options


def _move_wish(one: Destination, move: Move) -> Destination:
    """A destination whose own pages count otherwise. Raises `BadRequest` when that takes too many ranges."""
    moved = _move_pages(PrintOptions().at(one.options), move).page_ranges
    try:
        check_page_ranges(moved)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    options = ((key, format_page_ranges(moved) if key == "pages" else value) for key, value in one.options)
    return replace(one, options=tuple(options))


def _name(column: AttributeList) -> str:
    return (column.string("destination-uri") or "a destination without an address")[:100]
