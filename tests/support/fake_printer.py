"""A printer of IPP in the test's own process whose faults are switched by attributes; built on the project's codec.

One connection at a time is enough for nobody: each runs in a task of its own. A job prints the moment its document is
whole, unless there is no paper.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import h11

from distwire.ipp import (
    MEDIA_TYPE,
    Attribute,
    Group,
    GroupTag,
    HeadReader,
    Message,
    Operation,
    Status,
    attribute,
    encode_message,
    make_message,
)
from distwire.ipp import values as v
from distwire.ipp.enums import JobState

FULL = frozenset(
    (
        Operation.PRINT_JOB,
        Operation.VALIDATE_JOB,
        Operation.CREATE_JOB,
        Operation.SEND_DOCUMENT,
        Operation.CANCEL_JOB,
        Operation.GET_JOB_ATTRIBUTES,
        Operation.GET_JOBS,
        Operation.GET_PRINTER_ATTRIBUTES,
    )
)


@dataclass
class FakeJob:
    """A job; `document` is what arrived of it, `whole` says that its end came too."""

    id: int
    name: str
    state: JobState = JobState.PENDING_HELD
    reasons: list[str] = field(default_factory=lambda: ["job-data-insufficient"])
    document: bytes = b""
    whole: bool = False
    format: str = ""
    pages: int = 0

    @property
    def ended(self) -> bool:
        return self.state >= JobState.CANCELED


class Drop(Exception):
    """Break the connection here and now."""


class FakePrinter:
    """The faults; all off at first.

    `status` answers every job-making operation with that error; `busy` does so with server-error-busy; `http` is an
    HTTP status for every request and `answer` a whole (content type, body) instead of IPP. `lose_answer` holds
    operations that are carried out, but whose answer never leaves; `cut_document` breaks off a document after so many
    bytes; `stall` takes a document's beginning and then nothing; `refuse_early` answers before the document's end.
    `paper` is what it says; `names_listed` False leaves job-name out of Get-Jobs; `keep_jobs` False forgets the ended;
    `version` is the highest it knows; `password` (user, secret) asks for Basic. `refuse_chunked` is the HTTP status for
    a document without a length; `uuids` False tells no job-uuid, `names_told` False (or a text) no job-name of its own;
    `uncounted` prints without counting; `trickle` sends every answer an octet at a time; `continues` False never says
    100; `listed` cuts lists to so many jobs; `drop_job` answers Send-Document with that status, the job being gone.
    `changed` is when it was configured last, as it says (no date when None), `ready` the paper that lies in it,
    `print_scaling` the keywords it offers.
    """

    def __init__(self) -> None:
        self.operations: frozenset[int] = FULL
        self.status: int | None = None
        self.busy = False
        self.http: int | None = None
        self.answer: tuple[str, bytes] | None = None
        self.lose_answer: set[int] = set()
        self.cut_document: int | None = None
        self.stall = False
        self.refuse_early: int | None = None
        self.abort_with: str | None = None
        self.paper = True
        self.names_listed = True
        self.keep_jobs = True
        self.version = (2, 0)
        self.drop_kept = False
        self.refuse_chunked: int | None = None
        self.uuids = True
        self.names_told: bool | str = True
        self.uncounted = False
        self.trickle = False
        self.continues = True
        self.listed: int | None = None
        self.drop_job: int | None = None
        self.accepting = True
        self.changed: datetime | None = None
        self.ready = "iso_a4_210x297mm"
        self.print_scaling: tuple[str, ...] = ("auto", "fit")
        self.up_time = 1000
        self.era = 0
        self.jobs: dict[int, FakeJob] = {}
        self.printed: list[bytes] = []
        self.requests: list[tuple[int, Group, Group]] = []
        self.connections = 0
        self.headers: list[dict[str, str]] = []
        self.challenge: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.released = asyncio.Event()

    async def start(self, host: str = "127.0.0.1") -> None:
        self._server = await asyncio.start_server(self._accept, host, 0)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def uri(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def load_paper(self, present: bool) -> None:
        self.paper = present
        for job in self.jobs.values():
            if present and job.state == JobState.PROCESSING_STOPPED:
                self._print(job)

    def restart(self) -> None:
        """Forget all jobs and the time; numbers begin at 1 again."""
        self.jobs.clear()
        self.up_time, self.era = 5, self.era + 1

    def codes(self) -> list[int]:
        """Operations in the order they came."""
        return [code for code, _, _ in self.requests]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._serve(reader, writer)
        except (Drop, OSError, asyncio.CancelledError, h11.RemoteProtocolError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        first = True
        while True:
            exchange = _Exchange(self, http, reader, writer)
            request = await exchange.next_event()
            if not isinstance(request, h11.Request) or (self.drop_kept and not first):
                return
            first = False
            self.headers.append({k.decode(): value.decode() for k, value in request.headers})
            await exchange.answer(request)
            if http.our_state is not h11.DONE or http.their_state is not h11.DONE:
                return
            http.start_next_cycle()

    def carry_out(self, message: Message) -> tuple[int, list[Group]]:
        """Status and groups of an operation whose document (if any) is whole."""
        operation = message.operation
        self.requests.append((message.code, operation, message.job))
        if message.version[0] > self.version[0]:
            return Status.VERSION_NOT_SUPPORTED, []
        if message.code not in self.operations:
            return Status.OPERATION_NOT_SUPPORTED, []
        if message.code == Operation.GET_PRINTER_ATTRIBUTES:
            return Status.OK, [self._describe()]
        if message.code == Operation.GET_JOBS:
            return Status.OK, list(self._list_jobs(operation.string("which-jobs") == "completed"))
        if message.code in (Operation.CREATE_JOB, Operation.PRINT_JOB):
            if self.status is not None or self.busy:
                return self.status if self.status is not None else Status.BUSY, []
            job = FakeJob(len(self.jobs) + 1, operation.string("job-name") or "")
            self.jobs[job.id] = job
            return Status.OK, [self._show(job)]
        if message.code == Operation.SEND_DOCUMENT and self.drop_job is not None:
            return self.drop_job, []
        job_found = self.jobs.get(operation.integer("job-id") or 0)
        if job_found is None or (job_found.ended and not self.keep_jobs):
            return Status.NOT_FOUND, []
        if message.code == Operation.CANCEL_JOB:
            if job_found.ended:
                return Status.NOT_POSSIBLE, []
            job_found.state, job_found.reasons = JobState.CANCELED, ["job-canceled-by-user"]
        return Status.OK, [self._show(job_found)]

    def take_document(self, job: FakeJob, data: bytes) -> None:
        """The document of a job is whole."""
        job.document, job.whole = data, True
        if job.ended:
            return
        if self.abort_with is not None:
            job.state, job.reasons = JobState.ABORTED, [self.abort_with]
        elif self.paper:
            self._print(job)
        else:
            job.state, job.reasons = JobState.PROCESSING_STOPPED, ["printer-stopped"]

    def _print(self, job: FakeJob) -> None:
        job.state, job.reasons, job.pages = JobState.COMPLETED, ["job-completed-successfully"], 1 - self.uncounted
        self.printed.append(job.document)

    def _list_jobs(self, completed: bool) -> Iterator[Group]:
        for job in list(self.jobs.values())[: self.listed]:
            if job.ended == completed and (self.keep_jobs or not completed):
                shown = self._show(job)
                yield Group(GroupTag.JOB, [a for a in shown if self.names_listed or a.name != "job-name"])

    def _show(self, job: FakeJob) -> Group:
        attributes: list[Attribute] = [
            attribute("job-id", v.integer(job.id)),
            attribute("job-state", v.enum(job.state)),
            attribute("job-state-reasons", *v.keywords(job.reasons)),
            attribute("number-of-documents", v.integer(1 if job.whole else 0)),
            attribute("job-impressions-completed", v.integer(job.pages)),
            attribute("job-printer-up-time", v.integer(self.up_time)),
        ]
        if self.uuids:
            attributes.append(attribute("job-uuid", v.uri(f"urn:uuid:00000000-0000-0000-{self.era:04d}-{job.id:012d}")))
        if self.names_told:
            attributes.append(
                attribute("job-name", v.name(job.name if self.names_told is True else str(self.names_told)))
            )
        return Group(GroupTag.JOB, attributes)

    def _describe(self) -> Group:
        reasons = "none" if self.paper else "media-empty"
        changed = [attribute("printer-config-change-date-time", v.date_time(self.changed))] if self.changed else []
        return Group(
            GroupTag.PRINTER,
            [
                attribute("operations-supported", *(v.enum(code) for code in sorted(self.operations))),
                attribute("document-format-supported", v.mime_type("application/pdf"), v.mime_type("image/urf")),
                attribute("document-format-default", v.mime_type("application/pdf")),
                attribute("sides-supported", v.keyword("one-sided"), v.keyword("two-sided-long-edge")),
                attribute("copies-supported", v.range_of(1, 99)),
                attribute("color-supported", v.boolean(False)),
                attribute("printer-is-accepting-jobs", v.boolean(self.accepting)),
                attribute("printer-up-time", v.integer(self.up_time)),
                attribute("printer-state", v.enum(3)),
                attribute("printer-state-reasons", v.keyword(reasons)),
                attribute("print-scaling-supported", *(v.keyword(word) for word in self.print_scaling)),
                attribute("media-ready", v.keyword(self.ready)),
                *changed,
            ],
        )


class _Exchange:
    """One HTTP request and its answer."""

    def __init__(
        self, printer: FakePrinter, http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.printer = printer
        self.http = http
        self.reader = reader
        self.writer = writer

    async def next_event(self) -> object:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue and self.printer.continues and not self.printer.stall:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self.http.receive_data(await self.reader.read(65536))
        return event

    async def answer(self, request: h11.Request) -> None:
        printer = self.printer
        authorized = any(name == b"authorization" for name, _ in request.headers)
        if printer.challenge is not None and not authorized:
            await self._respond(401, "text/html", b"no", [("WWW-Authenticate", printer.challenge)])
            return
        if printer.http is not None:
            await self._respond(printer.http, "text/html", b"<html>no</html>", [("Retry-After", "7")])
            return
        if printer.refuse_chunked is not None and any(name == b"transfer-encoding" for name, _ in request.headers):
            await self._respond(printer.refuse_chunked, "text/html", b"no")
            return
        if printer.answer is not None:
            await self._respond(200, *printer.answer)
            return
        reader, message, data = HeadReader(), None, bytearray()
        while not isinstance(event := await self.next_event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                raise Drop
            if message is None:
                message = reader.feed(bytes(event.data))
                data += reader.rest
            else:
                data += event.data
            if message is not None and message.code in (Operation.SEND_DOCUMENT, Operation.PRINT_JOB):
                await self._meet_fault(message, data)
        assert message is not None
        status, groups = printer.carry_out(message)
        if status == Status.OK and message.code in (Operation.SEND_DOCUMENT, Operation.PRINT_JOB):
            job = printer.jobs[groups[0].integer("job-id") or 0]
            printer.take_document(job, bytes(data))
            groups = [printer._show(job)]
        if message.code in printer.lose_answer:
            raise Drop
        await self._respond_ipp(message, status, groups)

    async def _meet_fault(self, message: Message, data: bytearray) -> None:
        printer = self.printer
        if printer.cut_document is not None and len(data) >= printer.cut_document:
            job = printer.jobs.get(message.operation.integer("job-id") or 0)
            if job is not None:
                job.document, job.state, job.reasons = bytes(data), JobState.PROCESSING, ["job-incoming"]
            raise Drop
        if printer.stall:
            await printer.released.wait()
            raise Drop
        if printer.refuse_early is not None:
            await self._respond_ipp(message, printer.refuse_early, [])
            await asyncio.sleep(0.2)
            raise Drop

    async def _respond_ipp(self, message: Message, status: int, groups: list[Group]) -> None:
        answer = make_message(status, message.request_id, (), groups, version=self.printer.version)
        await self._respond(200, MEDIA_TYPE, encode_message(answer))

    async def _respond(self, status: int, kind: str, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        lines = [("Content-Type", kind), ("Content-Length", str(len(body))), *(headers or [])]
        await self._send(h11.Response(status_code=status, headers=lines))
        await self._send(h11.Data(data=body))
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Event) -> None:
        data = self.http.send(event) or b""
        step = 1 if self.printer.trickle else len(data) or 1
        for offset in range(0, len(data), step):
            self.writer.write(data[offset : offset + step])
            await self.writer.drain()
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def run_fake_printer() -> AsyncIterator[FakePrinter]:
    """A started printer, stopped at the end."""
    printer = FakePrinter()
    await printer.start()
    try:
        yield printer
    finally:
        await printer.stop()
