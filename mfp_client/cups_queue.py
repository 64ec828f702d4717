"""A PDF to a queue of this machine's CUPS, by pycups, octet by octet as it is written: no file in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_LACKING = "printing on a CUPS queue needs pycups: install libcups2-dev, then pycups into the environment of mfp-client"
_CONTINUE = 100


class QueueFault(Exception):
    """CUPS does not take what it is given; the message says why."""


@dataclass(frozen=True, slots=True)
class QueueJob:
    """A job in a queue: `job-state` (RFC 8011 §5.3.7), words, and sides that are out where they are counted."""

    state: int
    words: str
    done: int | None


def print_on_queue(
    queue: str,
    title: str,
    options: dict[str, str],
    produce: Callable[[Callable[[bytes], object]], object],
    created: Callable[[int], object] = lambda _: None,
) -> str:
    """Print what `produce` writes; the job's number, which `created` is told before the queue has any of it.

    A job whose document breaks off is canceled. Raises `QueueFault`, and what `produce` and `created` raise.
    """
    try:
        import cups
    except ImportError as error:
        raise QueueFault(_LACKING) from error
    try:
        connection: Any = cups.Connection()
        job: int = connection.createJob(queue, title, options)
    except (cups.IPPError, RuntimeError) as error:
        raise QueueFault(f"CUPS does not take a job for the queue {queue}: {error} (lpstat -e lists queues)") from error

    def write(data: bytes) -> None:
        if connection.writeRequestData(data, len(data)) != _CONTINUE:
            raise QueueFault(f"CUPS stopped taking the document for the queue {queue}")

    try:
        created(job)
        connection.startDocument(queue, job, title, cups.CUPS_FORMAT_PDF, 1)
        produce(write)
        connection.finishDocument(queue)
    except BaseException as error:
        cancel_job(job)
        if isinstance(error, cups.IPPError | RuntimeError):
            raise QueueFault(f"CUPS does not take the document for the queue {queue}: {error}") from error
        raise
    return str(job)


def read_job(job: int) -> QueueJob | None:
    """How a job is; None when CUPS does not say."""
    import cups

    try:
        said: dict[str, Any] = cups.Connection().getJobAttributes(job)
    except (cups.IPPError, RuntimeError):
        return None
    words = said.get("job-printer-state-message") or said.get("job-state-message") or ""
    return QueueJob(int(said["job-state"]), str(words), said.get("job-impressions-completed"))


def cancel_job(job: int) -> bool:
    """Give a job up, also in the middle of a document that goes over another connection; whether nothing more comes of
    it: CUPS has taken that, or says that it is over. False when CUPS cannot be reached."""
    import cups

    try:
        cups.Connection().cancelJob(job)
    except cups.IPPError as error:
        return error.args[0] in (cups.IPP_NOT_POSSIBLE, cups.IPP_NOT_FOUND)
    except RuntimeError:
        return False
    return True
