"""A PDF to a queue of this machine's CUPS, by pycups, octet by octet as it is written: no file in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mfp_client.memory.errors import NotPrinted

_LACKING = "printing on a CUPS queue needs pycups: install libcups2-dev, then pycups into the environment of mfp-client"
_CONTINUE = 100


def print_on_queue(
    queue: str, title: str, options: dict[str, str], produce: Callable[[Callable[[bytes], object]], object]
) -> str:
    """Print what `produce` writes; the job's number. A job whose document breaks off is canceled. Raises `NotPrinted`,
    and what `produce` raises."""
    try:
        import cups
    except ImportError as error:
        raise NotPrinted(_LACKING) from error
    try:
        connection: Any = cups.Connection()
        job: int = connection.createJob(queue, title, options)
    except (cups.IPPError, RuntimeError) as error:
        raise NotPrinted(f"CUPS does not take a job for the queue {queue}: {error} (lpstat -e lists queues)") from error

    def write(data: bytes) -> None:
        if connection.writeRequestData(data, len(data)) != _CONTINUE:
            raise NotPrinted(f"CUPS stopped taking the document for the queue {queue}")

    try:
        connection.startDocument(queue, job, title, cups.CUPS_FORMAT_PDF, 1)
        produce(write)
        connection.finishDocument(queue)
    except BaseException as error:
        _cancel(cups, job)
        if isinstance(error, cups.IPPError | RuntimeError):
            raise NotPrinted(f"CUPS does not take the document for the queue {queue}: {error}") from error
        raise
    return str(job)


def _cancel(cups: Any, job: int) -> None:
    """Over a connection of its own: the other one is in the middle of a document."""
    try:
        cups.Connection().cancelJob(job)
    except (cups.IPPError, RuntimeError):
        return
