"""IPP's requests through libcups (pycups): the queue does the printing, libcups the talking (SPEC D11, D15).

Answers are turned into the messages that our own IPP client gives, so that `ipp.IppChannel` and all it knows about
following, adopting and canceling serves CUPS queues as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import cups

from distserver.deliver.channels.cups_place import Server, read_place
from distserver.deliver.channels.cups_threads import CupsThreads, Pulse
from distwire.ipp import values as v
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.body import PIECE, DocumentFile, bring_whole
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.enums import Status
from distwire.ipp.failures import ConnectionLost, DocumentUnreadable, HttpRefused
from distwire.ipp.message import VERSION_2_0, Message
from distwire.ipp.tags import GroupTag

_LOST = (cups.IPP_INTERNAL_ERROR, cups.IPP_SERVICE_UNAVAILABLE)
"""What libcups says itself when a connection breaks; cupsd says it of nothing that we ask."""

_LOGIN_FAILED = 0x1000
_FITTING = (None, "fit", "auto-fit")

_MARK = "distserver-delivery"
"""A job attribute of our own with the delivery's name: CUPS' usual policy keeps the names of jobs to itself
(JobPrivateValues), also from their owner when he has not logged in, but not this."""


class CupsClient:
    """A `JobClient` whose endpoints are `cups_place.Place.to_uri` texts."""

    def __init__(self) -> None:
        self._threads = CupsThreads()

    async def close(self) -> None:
        """End the threads that wait."""
        self._threads.close()

    async def get_printer_attributes(self, endpoint: Endpoint, requested: Sequence[str] = ("all",)) -> Message:
        """Get-Printer-Attributes, with what the queue's PPD or printer says."""
        queue = read_place(endpoint.uri).queue

        def ask(connection: Any, _pulse: Pulse) -> Message:
            found = connection.getPrinterAttributes(queue, requested_attributes=list(requested))
            return _answer(Group(GroupTag.PRINTER, read_attributes(found)))

        return await self._call(endpoint, ask)

    async def create_job(self, endpoint: Endpoint, operation: Iterable[Attribute], job: Sequence[Attribute]) -> Message:
        """Create-Job; the answer tells the job as it is."""
        queue = read_place(endpoint.uri).queue
        said = {each.name: each.value.text or "" for each in operation if each.value is not None}
        title = said["job-name"]
        options = {**make_options(job), _MARK: title.rpartition(" ")[2]}

        def create(connection: Any, pulse: Pulse) -> Message:
            cups.setUser(endpoint.user or said["requesting-user-name"])
            pulse.begun = True
            number = connection.createJob(queue, title, options)
            return _answer(_read_job(number, connection.getJobAttributes(number)))

        return await self._call(endpoint, create)

    async def print_job(
        self, endpoint: Endpoint, operation: Iterable[Attribute], job: Sequence[Attribute], document: DocumentFile
    ) -> Message:
        """Every CUPS server knows Create-Job; this is never asked for."""
        raise NotImplementedError

    async def send_document(
        self, endpoint: Endpoint, job_id: int, operation: Iterable[Attribute], document: DocumentFile
    ) -> Message:
        """Send-Document, piece by piece from the file; stops between two pieces when nobody waits any more.

        CUPS begins to print what it has whole: a document that still grows is waited for, outside of any thread.
        """
        document = await bring_whole(document)
        queue = read_place(endpoint.uri).queue
        said = {each.name: each.value.text or "" for each in operation if each.value is not None}

        def send(connection: Any, pulse: Pulse) -> Message:
            cups.setUser(endpoint.user or said["requesting-user-name"])
            _check_gate(document, begun=False)
            pulse.begun = True
            connection.startDocument(queue, job_id, said["document-name"], said["document-format"], 1)
            _write(connection, document, pulse)
            connection.finishDocument(queue)
            return _answer(Group(GroupTag.JOB))

        return await self._call(endpoint, send)

    async def get_job_attributes(
        self, endpoint: Endpoint, job_id: int, user: str, requested: Sequence[str] = ("all",)
    ) -> Message:
        """Get-Job-Attributes."""

        def ask(connection: Any, _pulse: Pulse) -> Message:
            cups.setUser(endpoint.user or user)
            found = connection.getJobAttributes(job_id, requested_attributes=_also(requested))
            return _answer(_read_job(job_id, found))

        return await self._call(endpoint, ask)

    async def get_jobs(
        self, endpoint: Endpoint, user: str, which: str, limit: int, requested: Sequence[str]
    ) -> Message:
        """Get-Jobs of this queue: those that bear a name, or our mark. Others are not ours."""
        queue = read_place(endpoint.uri).queue

        def ask(connection: Any, _pulse: Pulse) -> Message:
            cups.setUser(endpoint.user or user)
            found = connection.getJobs(which_jobs=which, my_jobs=False, requested_attributes=_also(requested))
            numbers = [number for number in sorted(found, reverse=True) if _is_on(found[number], queue)]
            known = [number for number in numbers if _find_name(found[number])]
            return _answer(*(_read_job(number, found[number]) for number in known[:limit]))

        return await self._call(endpoint, ask)

    async def cancel_job(self, endpoint: Endpoint, job_id: int, user: str) -> Message:
        """Cancel-Job."""

        def cancel(connection: Any, _pulse: Pulse) -> Message:
            cups.setUser(endpoint.user or user)
            connection.cancelJob(job_id)
            return _answer(Group(GroupTag.JOB))

        return await self._call(endpoint, cancel)

    async def _call(self, endpoint: Endpoint, work: Callable[[Any, Pulse], Message]) -> Message:
        """`work` in a thread; what CUPS refuses becomes a message, what it does not answer a `TransferError`."""
        place, patience = read_place(endpoint.uri), endpoint.patience
        server = Server(place.host, place.port, place.encrypted, endpoint.user, endpoint.secret)
        answer: Message = await self._threads.call(
            server,
            lambda connection, pulse: _guard(work, connection, pulse),
            connect=patience.connect,
            idle=patience.first_byte + patience.idle,
        )
        return answer


def _guard(work: Callable[[Any, Pulse], Message], connection: Any, pulse: Pulse) -> Message:
    try:
        return work(connection, pulse)
    except cups.IPPError as error:
        code, words = error.args
        if code == _LOGIN_FAILED:
            raise HttpRefused(401) from error
        if code in _LOST:
            raise _lost(f"the connection to the CUPS server broke: {words}", pulse) from error
        return Message(VERSION_2_0, code, 0, (Group(GroupTag.OPERATION, [attribute("status-message", v.text(words))]),))
    except cups.HTTPError as error:
        raise HttpRefused(int(error.args[0])) from error
    except RuntimeError as error:
        raise _lost(f"the CUPS server does not answer: {error}", pulse) from error


def _lost(words: str, pulse: Pulse) -> ConnectionLost:
    error = ConnectionLost(words, begun=pulse.begun)
    error.whole = pulse.whole
    return error


def _write(connection: Any, document: DocumentFile, pulse: Pulse) -> None:
    left = document.size
    try:
        with document.path.open("rb") as stream:
            while piece := stream.read(PIECE):
                if pulse.stop.is_set():
                    raise ConnectionLost("the sending was stopped", begun=True)
                _check_gate(document, begun=True)
                left = left - len(piece) if left is not None else None
                pulse.whole = left == 0
                status = connection.writeRequestData(piece, len(piece))
                pulse.beat()
                if status != HTTPStatus.CONTINUE:
                    raise HttpRefused(status)
    except OSError as error:
        raise DocumentUnreadable(f"the document cannot be read: {error.strerror}", begun=True) from error
    if left:
        raise DocumentUnreadable(f"the document's length is not what it should be: {left} bytes differ", begun=True)


def _check_gate(document: DocumentFile, *, begun: bool) -> None:
    try:
        document.check_gate()
    except OSError as error:
        raise DocumentUnreadable(str(error), begun=begun) from error


def make_options(job: Sequence[Attribute]) -> dict[str, str]:
    """Job attributes as CUPS options; older queues know `fit-to-page` only."""
    options = {each.name: str(each.value.data) for each in job if each.value is not None}
    if options.get("print-scaling") in _FITTING:
        options["fit-to-page"] = "true"
    return options


def read_attributes(found: Mapping[str, object]) -> list[Attribute]:
    """What pycups answers, as attributes: it has strings, numbers, booleans, lists, and tuples for ranges (two numbers)
    and resolutions (three)."""
    made = []
    for name, said in found.items():
        several = said if isinstance(said, list) else [said]
        if isinstance(said, tuple) and not all(isinstance(part, int) for part in said):
            several = list(said)
        values = [value for part in several if (value := _read_value(part)) is not None]
        if values:
            made.append(Attribute(name, values))
    return made


def _read_value(said: object) -> v.Value | None:
    if isinstance(said, bool):
        return v.boolean(said)
    if isinstance(said, int):
        return v.integer(said)
    if isinstance(said, str):
        # In brackets stands what pycups cannot read: dates, collections, unknown tags.
        return None if said.startswith(("(IPP_TAG", "(unknown")) else v.keyword(said)
    if isinstance(said, tuple) and len(said) == 2:
        return v.range_of(*said)
    if isinstance(said, tuple) and len(said) == 3:
        return v.resolution(*said)
    return None


def _read_job(number: int, found: Mapping[str, object]) -> Group:
    job = {"job-state-message": found.get("job-printer-state-message") or "", **found, "job-id": number}
    name = _find_name(found)
    return Group(GroupTag.JOB, read_attributes(job if name is None else {**job, "job-name": name}))


def _find_name(job: Mapping[str, object]) -> object:
    return job.get("job-name") or job.get(_MARK)


def _is_on(job: Mapping[str, object], queue: str) -> bool:
    path = unquote(urlsplit(str(job.get("job-printer-uri", ""))).path)
    return path.rpartition("/")[2].casefold() == queue.casefold()


def _also(requested: Sequence[str]) -> list[str]:
    return [*requested, "job-printer-uri", "job-printer-state-message", _MARK]


def _answer(*groups: Group) -> Message:
    return Message(VERSION_2_0, Status.OK, 0, groups)
