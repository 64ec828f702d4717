"""IPP requests on a simulated printer: what it answers when no step of its script stands in the way (RFC 8011 §4)."""

from __future__ import annotations

from distwire.ipp import Group, GroupTag, Message, Operation, Status, attribute
from distwire.ipp import values as v
from distwire.ipp.enums import PrinterState
from tests.support.hostile.job import Job
from tests.support.hostile.printer import Printer
from tests.support.hostile.script import At

Answer = tuple[int, list[Group]]

_PLACES = {
    Operation.GET_PRINTER_ATTRIBUTES: (At.DESCRIBE,),
    Operation.CREATE_JOB: (At.CREATE,),
    Operation.VALIDATE_JOB: (At.CREATE,),
    Operation.PRINT_JOB: (At.CREATE, At.DOCUMENT),
    Operation.SEND_DOCUMENT: (At.DOCUMENT,),
    Operation.GET_JOB_ATTRIBUTES: (At.ASK,),
    Operation.GET_JOBS: (At.ASK,),
}


def places_of(code: int) -> tuple[At, ...]:
    """Where steps for this operation wait."""
    return next((places for operation, places in _PLACES.items() if operation == code), ())


def carries_document(code: int) -> bool:
    """Print-Job and Send-Document."""
    return code in (Operation.PRINT_JOB, Operation.SEND_DOCUMENT)


def open_document(printer: Printer, message: Message) -> Job | int:
    """The job that a document belongs to, or the status of a refusal."""
    if message.code not in printer.operations:
        return Status.OPERATION_NOT_SUPPORTED
    if message.operation.string("document-format") in printer.script.traits.refused:
        return Status.DOCUMENT_FORMAT_NOT_SUPPORTED
    if message.code == Operation.PRINT_JOB:
        return printer.make_job(message.operation.string("job-name") or "")
    job = printer.jobs.get(message.operation.integer("job-id") or 0)
    if job is None:
        return Status.NOT_FOUND
    return Status.NOT_POSSIBLE if job.ended or job.whole else job


def carry_out(printer: Printer, message: Message, uri: str) -> Answer:
    """Status and groups for an operation without a document."""
    operation = message.operation
    if message.code not in printer.operations:
        return Status.OPERATION_NOT_SUPPORTED, []
    if message.code == Operation.VALIDATE_JOB:
        return Status.OK, []
    if message.code == Operation.GET_PRINTER_ATTRIBUTES:
        return Status.OK, [describe(printer, uri)]
    if message.code == Operation.GET_JOBS:
        ended = operation.string("which-jobs") == "completed"
        return Status.OK, [show(printer, job, uri) for job in printer.jobs.values() if job.ended == ended]
    if message.code == Operation.CREATE_JOB:
        return Status.OK, [show(printer, printer.make_job(operation.string("job-name") or ""), uri)]
    job = printer.jobs.get(operation.integer("job-id") or 0)
    if job is None:
        return Status.NOT_FOUND, []
    if message.code == Operation.CANCEL_JOB:
        if job.ended:
            return Status.NOT_POSSIBLE, []
        printer.cancel(job)
    return Status.OK, [show(printer, job, uri)]


def show(printer: Printer, job: Job, uri: str) -> Group:
    """A job as this printer shows it."""
    return job.show(uri, printer.up_time, with_uuid=printer.script.traits.uuid)


def describe(printer: Printer, uri: str) -> Group:
    """The printer's description (RFC 8011 §5.4, PWG 5102.4): a small A4 laser printer without colour."""
    state = PrinterState.IDLE if printer.has_paper else PrinterState.STOPPED
    formats = printer.script.traits.formats
    return Group(
        GroupTag.PRINTER,
        [
            attribute("printer-uri-supported", v.uri(uri)),
            attribute("printer-name", v.name(printer.name)),
            attribute("printer-make-and-model", v.text("Hostile Laser 500")),
            attribute("ipp-versions-supported", *v.keywords(("1.1", "2.0"))),
            attribute("operations-supported", *(v.enum(code) for code in printer.operations)),
            attribute("document-format-supported", *(v.mime_type(name) for name in formats)),
            attribute("document-format-default", v.mime_type(formats[0])),
            attribute("printer-state", v.enum(state)),
            attribute("printer-state-reasons", v.keyword("none" if printer.has_paper else "media-empty")),
            attribute("printer-up-time", v.integer(printer.up_time)),
            attribute("printer-is-accepting-jobs", v.boolean(True)),
            attribute("copies-supported", v.range_of(1, 99)),
            attribute("sides-supported", *v.keywords(("one-sided", "two-sided-long-edge"))),
            attribute("sides-default", v.keyword("one-sided")),
            attribute("color-supported", v.boolean(False)),
            attribute("media-supported", v.keyword("iso_a4_210x297mm")),
            attribute("media-ready", v.keyword("iso_a4_210x297mm")),
            attribute("media-default", v.keyword("iso_a4_210x297mm")),
            attribute("print-scaling-supported", *v.keywords(("auto", "fit", "none"))),
            attribute("printer-resolution-supported", v.resolution(300, 300)),
            attribute("pwg-raster-document-type-supported", v.keyword("sgray_8")),
            attribute("pwg-raster-document-resolution-supported", v.resolution(300, 300)),
            attribute("urf-supported", *v.keywords(("V1.4", "W8", "RS300", "DM1"))),
        ],
    )
