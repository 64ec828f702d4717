"""The printers of the sink: what each answers to what it is asked (RFC 8011), as bytes, with no codec in between."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from distwire.ipp import GroupTag, Operation, Status, ValueTag
from distwire.ipp.enums import JobState
from tests.support.sink_tally import Tally

FOLDER = b"/ipp/print/"
_NUMBERS = (b"job-id", b"limit")
_WORDS = (b"job-name", b"job-uri", b"requesting-user-name", b"which-jobs")
_WANTED = frozenset((*_NUMBERS, *_WORDS))
_TAKES_DOCUMENT = frozenset((Operation.PRINT_JOB, Operation.SEND_DOCUMENT))
_END = bytes((GroupTag.END,))
_UUID = b"urn:uuid:5171c000-0000-4000-8000-"
_STATE_REASONS = {
    JobState.PENDING: b"job-data-insufficient",
    JobState.CANCELED: b"job-canceled-by-user",
    JobState.COMPLETED: b"job-completed-successfully",
}


class Asked(NamedTuple):
    """The head of a request, as far as it matters here; `size` is the length of the head in bytes."""

    operation: int
    request_id: int
    size: int
    values: dict[bytes, bytes]

    @property
    def takes_document(self) -> bool:
        """What follows the head is a document."""
        return self.operation in _TAKES_DOCUMENT

    def job_id(self) -> int:
        """By job-id or the end of job-uri; 0 when neither is there."""
        number = self.values.get(b"job-id", b"")
        if len(number) == 4:
            return int(struct.unpack(">i", number)[0])
        last = self.values.get(b"job-uri", b"").rpartition(b"/")[2]
        return int(last) if last.isdigit() else 0


def scan_request(data: memoryview | bytearray) -> Asked | None:
    """Read a head up to its end-of-attributes (RFC 8010 §3.1); None while that has not come."""
    values: dict[bytes, bytes] = {}
    at = 8
    try:
        while (tag := data[at]) != GroupTag.END:
            at += 1
            if tag < 0x10:
                continue
            begin = at + 2
            at = begin + (data[at] << 8 | data[at + 1])
            name = bytes(data[begin:at])
            begin = at + 2
            at = begin + (data[at] << 8 | data[at + 1])
            if name in _WANTED:
                values[name] = bytes(data[begin:at])
    except IndexError:
        return None
    operation, request_id = struct.unpack_from(">Hi", data, 2)
    return Asked(operation, request_id, at + 1, values)


@dataclass(slots=True)
class _Job:
    number: int
    name: bytes
    user: bytes
    state: JobState = JobState.PENDING


class Printers:
    """Every path below /ipp/print/ is a printer, from the first time it is asked. `description` are the attributes that
    all share (`sink_description`), `marks` those of them that are told to who does not ask for all."""

    def __init__(self, tally: Tally, authority: str, description: bytes, marks: bytes) -> None:
        self.tally = tally
        self._authority = authority.encode()
        self._description = description
        self._marks = marks
        self._jobs: dict[bytes, dict[int, _Job]] = defaultdict(dict)
        self._last = 0

    def forget_jobs(self) -> None:
        """As after a factory reset; numbers go on."""
        self._jobs.clear()

    def answer(self, printer: bytes, asked: Asked, digest: str | None, octets: int) -> bytes:
        """The IPP response; `digest` and `octets` are of the document that came along, None when there was none."""
        match asked.operation:
            case Operation.GET_PRINTER_ATTRIBUTES:
                return self._describe(printer, asked)
            case Operation.VALIDATE_JOB:
                return _head(asked) + _END
            case Operation.CREATE_JOB:
                return self._tell_job(printer, asked, self._create(printer, asked))
            case Operation.PRINT_JOB:
                return self._take_document(printer, asked, self._create(printer, asked), digest, octets)
            case Operation.GET_JOBS:
                return self._list(printer, asked)
            case Operation.SEND_DOCUMENT | Operation.GET_JOB_ATTRIBUTES | Operation.CANCEL_JOB:
                job = self._jobs[printer].get(asked.job_id())
                if job is None:
                    return _head(asked, Status.NOT_FOUND) + _END
                if asked.operation == Operation.SEND_DOCUMENT:
                    return self._take_document(printer, asked, job, digest, octets)
                if asked.operation == Operation.CANCEL_JOB:
                    return _cancel(asked, job)
                return self._tell_job(printer, asked, job)
        return _head(asked, Status.OPERATION_NOT_SUPPORTED) + _END

    def _create(self, printer: bytes, asked: Asked) -> _Job:
        self._last += 1
        values = asked.values
        job = _Job(self._last, values.get(b"job-name", b"untitled"), values.get(b"requesting-user-name", b"anonymous"))
        self._jobs[printer][job.number] = job
        return job

    def _take_document(self, printer: bytes, asked: Asked, job: _Job, digest: str | None, octets: int) -> bytes:
        if job.state != JobState.PENDING:
            return _head(asked, Status.NOT_POSSIBLE) + _END
        job.state = JobState.COMPLETED
        if digest is not None and octets:
            self.tally.count_document(printer, digest, octets)
        return self._tell_job(printer, asked, job)

    def _tell_job(self, printer: bytes, asked: Asked, job: _Job) -> bytes:
        return _head(asked) + self._job_group(printer, job) + _END

    def _job_group(self, printer: bytes, job: _Job) -> bytes:
        return b"".join(
            (
                bytes((GroupTag.JOB,)),
                _put(ValueTag.URI, b"job-uri", self._uri(printer) + b"/%d" % job.number),
                _put(ValueTag.INTEGER, b"job-id", struct.pack(">i", job.number)),
                _put(ValueTag.ENUM, b"job-state", struct.pack(">i", job.state)),
                _put(ValueTag.KEYWORD, b"job-state-reasons", _STATE_REASONS[job.state]),
                _put(ValueTag.NAME, b"job-name", job.name),
                _put(ValueTag.NAME, b"job-originating-user-name", job.user),
            )
        )

    def _list(self, printer: bytes, asked: Asked) -> bytes:
        ended = asked.values.get(b"which-jobs") == b"completed"
        jobs = [job for job in self._jobs[printer].values() if (job.state != JobState.PENDING) is ended]
        limit = asked.values.get(b"limit", b"")
        most = struct.unpack(">i", limit)[0] if len(limit) == 4 else len(jobs)
        return _head(asked) + b"".join(self._job_group(printer, job) for job in jobs[::-1][:most]) + _END

    def _describe(self, printer: bytes, asked: Asked) -> bytes:
        name = printer.rpartition(b"/")[2]
        own: Iterable[bytes] = (
            bytes((GroupTag.PRINTER,)),
            _put(ValueTag.URI, b"printer-uri-supported", self._uri(printer)),
            _put(ValueTag.NAME, b"printer-name", name),
            _put(ValueTag.NAME, b"printer-dns-sd-name", name),
            _put(
                ValueTag.URI, b"printer-uuid", b"urn:uuid:5171c000-0000-4000-8000-" + name.hex().encode()[:12].zfill(12)
            ),
            _put(ValueTag.INTEGER, b"printer-up-time", struct.pack(">i", 3600)),
        )
        everything = asked.values.get(b"requested-attributes", b"all") == b"all"
        return _head(asked) + b"".join(own) + (self._description if everything else self._marks)

    def _uri(self, printer: bytes) -> bytes:
        return b"ipp://" + self._authority + printer


def refuse_request() -> bytes:
    """The answer to a body that is no request."""
    return _head(Asked(0, 0, 0, {}), Status.BAD_REQUEST) + _END


def _cancel(asked: Asked, job: _Job) -> bytes:
    if job.state != JobState.PENDING:
        return _head(asked, Status.NOT_POSSIBLE) + _END
    job.state = JobState.CANCELED
    return _head(asked) + _END


def _head(asked: Asked, status: int = Status.OK) -> bytes:
    return struct.pack(">HHi", 0x0200, status, asked.request_id) + _LANGUAGE


def _put(tag: int, name: bytes, value: bytes) -> bytes:
    return b"%c%b%b%b%b" % (tag, len(name).to_bytes(2), name, len(value).to_bytes(2), value)


_LANGUAGE = (
    bytes((GroupTag.OPERATION,))
    + _put(ValueTag.CHARSET, b"attributes-charset", b"utf-8")
    + _put(ValueTag.NATURAL_LANGUAGE, b"attributes-natural-language", b"en")
)
