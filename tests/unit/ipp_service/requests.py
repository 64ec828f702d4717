"""Small requests and a service that knows two operations, for the tests of the service side."""

from __future__ import annotations

from distwire.ipp import Attribute, Message, Operation, Status, attribute, encode_message, make_message
from distwire.ipp.service import Call, DocumentSink, Refusal, Reply, Service
from distwire.ipp.values import keyword, uri

TARGET = attribute("printer-uri", uri("ipp://127.0.0.1/ipp/print"))


class MemorySink:
    """Keeps the document; refuses one that holds `refuse`."""

    def __init__(self) -> None:
        self.document = bytearray()
        self.aborted: list[str] = []
        self.finished = 0
        self.largest = 0

    def write(self, piece: bytes) -> None:
        if b"refuse" in piece:
            raise Refusal(Status.NOT_POSSIBLE, "not this one")
        if b"explode" in piece:
            raise ZeroDivisionError("a defect")
        self.largest = max(self.largest, len(piece))
        self.document += piece

    def finish(self) -> Reply:
        self.finished += 1
        return Reply(words=f"{len(self.document)} bytes")

    def abort(self, reason: str) -> None:
        self.aborted.append(reason)


class Recorder:
    """A service with Get-Printer-Attributes and Print-Job that keeps what came."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.sinks: list[MemorySink] = []
        self.service = Service({Operation.GET_PRINTER_ATTRIBUTES: self.look, Operation.PRINT_JOB: self.take})

    def look(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply()

    def take(self, call: Call) -> DocumentSink:
        self.calls.append(call)
        self.sinks.append(MemorySink())
        return self.sinks[-1]


def make_request(operation: int = Operation.GET_PRINTER_ATTRIBUTES, *more: Attribute, request_id: int = 7) -> Message:
    """A request that is in order."""
    return make_message(operation, request_id, (TARGET, *more))


def print_request(compression: str | None = None) -> bytes:
    """The attributes of a Print-Job."""
    more = (attribute("compression", keyword(compression)),) if compression else ()
    return encode_message(make_request(Operation.PRINT_JOB, *more))
