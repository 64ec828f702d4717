"""URIs of the device and its jobs, as the client that asks can reach them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from distwire.ipp.enums import Status
from distwire.ipp.service import Call, Context, Refusal
from mfp_client.printing.job import Job

PATH = "/ipp/print"

_AUTHORITY = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?\Z")


def authority_of(context: Context, fallback: str) -> str:
    """`host:port` that the client used, when it is one."""
    return context.authority if _AUTHORITY.match(context.authority) else fallback


def printer_uri(authority: str) -> str:
    """The printer's URI."""
    return f"ipp://{authority}{PATH}"


def job_uri(authority: str, job: Job) -> str:
    """A job's URI."""
    return f"{printer_uri(authority)}/{job.id}"


def check_printer(call: Call) -> None:
    """Refuse a request whose target is neither this printer nor one of its jobs."""
    path = urlsplit(call.target).path.rstrip("/")
    if path not in ("", PATH) and not path.startswith(PATH + "/"):
        raise Refusal(Status.NOT_FOUND, f"there is no printer at {path}: it is at {PATH}")


def job_number(call: Call) -> int:
    """The id of the job that a request is for: `job-uri`, or `printer-uri` with `job-id`."""
    uri = call.operation.string("job-uri")
    if uri is None:
        number = call.operation.integer("job-id")
        if number is None:
            raise Refusal(Status.BAD_REQUEST, "job-id is missing")
        return number
    last = urlsplit(uri).path.rpartition("/")[2]
    if not (last.isascii() and last.isdigit()):
        raise Refusal(Status.BAD_REQUEST, "job-uri names no job")
    return int(last)
