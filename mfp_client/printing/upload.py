"""A document on its way in: bytes to a file and a hash; half a document leaves nothing behind."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from distwire.ipp.enums import Status
from distwire.ipp.service import Refusal, Reply
from mfp_client.printing.device import Device, NotPossible
from mfp_client.printing.job import Job, Received


class Upload:
    """The `DocumentSink` of Print-Job and Send-Document. `answer` makes the reply once the job has the document."""

    def __init__(
        self, device: Device, job: Job, *, format: str, name: str | None, last: bool, answer: Callable[[Job], Reply]
    ) -> None:
        self._device = device
        self._job = job
        self._format = format
        self._name = name
        self._last = last
        self._answer = answer
        self._path = _begin(device, job)
        self._hash = hashlib.sha256()
        self._octets = 0
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            raise self._no_space(error) from error

    def write(self, piece: bytes) -> None:
        """Take a piece; a job that was cancelled meanwhile takes no more."""
        if self._job.ended:
            raise Refusal(Status.JOB_CANCELED, f"job {self._job.id} was ended while its document arrived")
        try:
            self._file.write(piece)
        except OSError as error:
            raise self._no_space(error) from error
        self._hash.update(piece)
        self._octets += len(piece)

    def finish(self) -> Reply:
        """The document is whole: the job has it, on disk."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            self._path.unlink(missing_ok=True)
            raise self._no_space(error) from error
        if self._octets == 0:
            self._path.unlink(missing_ok=True)
        else:
            self._hand_over()
        if self._last:
            self._device.close_job(self._job)
        return self._answer(self._job)

    def abort(self, reason: str) -> None:
        """The document broke off: so does the job."""
        self._file.close()
        self._path.unlink(missing_ok=True)
        self._device.abort_job(self._job, "aborted-by-system", reason)

    def _hand_over(self) -> None:
        received = Received(self._format, self._hash.hexdigest(), self._octets, self._name)
        try:
            self._device.take_document(self._job, self._path, received)
        except NotPossible as error:
            raise Refusal(Status.JOB_CANCELED, str(error)) from error

    def _no_space(self, error: OSError) -> Refusal:
        self._device.abort_job(self._job, "aborted-by-system", f"the document cannot be kept: {error}")
        return Refusal(Status.TEMPORARY_ERROR, f"the printer cannot keep the document: {error.strerror}")


def _begin(device: Device, job: Job) -> Path:
    try:
        return device.begin_document(job)
    except NotPossible as error:
        raise Refusal(Status.NOT_POSSIBLE, str(error)) from error
