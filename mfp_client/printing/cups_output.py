"""Pages to paper through a local CUPS queue, by pycups; the pages of a job go there as one document.

What CUPS knows of a job is noted before it gets the document, so that a job is not given to it twice after a power cut.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from distwire.ipp.enums import JobState
from distwire.pdf.pictures import Box, PicturePdf
from mfp_client.cups_queue import QueueFault, cancel_job, print_on_queue
from mfp_client.printing.history import read_json, sync_file, write_json
from mfp_client.printing.job import Job
from mfp_client.printing.output import End, OutputFailed, OutputState
from mfp_client.printing.profiles import ONE_SIDED
from mfp_client.printing.progress import Laid, Progress, count_sheets

MARK = "mfp-client-job"
"""A job attribute of our own: CUPS keeps titles to itself (JobPrivateValues), but not this."""

_LACKING = "printing on a CUPS queue needs pycups: install libcups2-dev, then pycups into the environment of mfp-client"
_DONE = "queued-in-device"
_STOPPED = 5
_POLL_SECONDS = 5.0
_PIECE = 1 << 16


class _Dropped(Exception):
    """The job was ended while its document went to the queue."""


class CupsBin:
    """Pages of one job, collected until all are there; what CUPS does with them it does not tell us."""

    done = _DONE
    partial = False

    def __init__(self, folder: Path, queue: str) -> None:
        self.folder = folder
        self._queue = queue
        self._note = folder / "queued.json"
        self._dropped = False
        folder.mkdir(exist_ok=True)
        self._progress = Progress(folder / "progress", lambda laid: (folder / laid.page.file).is_file())

    @property
    def laid(self) -> Sequence[Laid]:
        """What is drawn."""
        return self._progress.laid

    def put_page(self, laid: Laid) -> None:
        """Keep the page for the document."""
        try:
            if laid.copy == 1:
                sync_file(self.folder / laid.page.file)
            self._progress.note(laid)
        except OSError as error:
            raise OutputFailed(f"the pages cannot be kept: {error}") from error

    async def hand_over(self, job: Job) -> None:
        """Give all pages to the queue."""
        try:
            await asyncio.to_thread(self._submit, job)
        finally:
            self._dropped = True

    def finish(self, job: Job) -> None:
        """The queue has them."""

    def discard(self) -> None:
        """Drop the pages; the queue's job too, if it has one."""
        self._dropped = True
        self._withdraw()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _submit(self, job: Job) -> None:
        first = self.laid[0].page if self.laid else None
        options = {
            "copies": str(job.ticket.copies),
            "sides": first.sides if first else ONE_SIDED,
            "media": first.media if first else "iso_a4_210x297mm",
            "print-scaling": "none",
            MARK: job.uuid,
        }
        try:
            number = print_on_queue(self._queue, job.name, options, self._write_document, self._note_job)
            write_json(self._note, {"job": int(number), "sent": True})
        except (QueueFault, OSError) as error:
            raise OutputFailed(f"the queue {self._queue} does not take the job: {error}") from error
        if self._dropped:
            self._withdraw()

    def _note_job(self, number: int) -> None:
        write_json(self._note, {"job": number, "sent": False})

    def _write_document(self, write: Callable[[bytes], object]) -> None:
        """One PDF with a page for each image, in its true size; one image in memory at a time."""
        document = self.folder / "job.pdf"
        with document.open("wb") as file:
            made = PicturePdf(file)
            for laid in self.laid:
                if laid.copy == 1:
                    self._check()
                    with Image.open(self.folder / laid.page.file) as image:
                        made.add_page(image, _make_box(image))
            made.close()
        with document.open("rb") as file:
            while piece := file.read(_PIECE):
                self._check()
                write(piece)

    def _check(self) -> None:
        if self._dropped:
            raise _Dropped

    def _withdraw(self) -> None:
        number = (read_json(self._note) or {}).get("job")
        if number is not None:
            cancel_job(number)


def _make_box(image: Image.Image) -> Box:
    dpi = image.info.get("dpi", (300, 300))[0]
    width, height = (pixels * 72 / dpi for pixels in image.size)
    return Box((width, height), 0, 0, width, height)


class CupsOutput:
    """A queue of the CUPS server of this machine. Raises `OutputFailed` where it cannot be used."""

    def __init__(self, queue: str, work: Path) -> None:
        try:
            import cups  # noqa: F401 - whether it is there
        except ImportError as error:
            raise OutputFailed(_LACKING) from error
        self._queue = queue
        self._work = work / "cups"
        self._work.mkdir(parents=True, exist_ok=True)
        self.state = _ask_queue(queue)

    def open_bin(self, job: Job) -> CupsBin:
        """Begin a job, or go on with its pages."""
        try:
            return CupsBin(self._folder(job), self._queue)
        except OSError as error:
            raise OutputFailed(f"the pages cannot be kept: {error}") from error

    def find_end(self, job: Job) -> End | None:
        """A job whose document the queue has is completed. One that it knows without its document is taken back."""
        folder = self._folder(job)
        noted = read_json(folder / "queued.json")
        if noted is None:
            return None
        if not noted["sent"] and not _has_document(noted["job"], job):
            cancel_job(noted["job"])
            (folder / "queued.json").unlink(missing_ok=True)
            return None
        laid = CupsBin(folder, self._queue).laid
        return End(JobState.COMPLETED, (_DONE,), "", len(laid), count_sheets(laid))

    def clear(self, job: Job) -> None:
        """Drop the pages."""
        shutil.rmtree(self._folder(job), ignore_errors=True)

    async def watch(self, changed: Callable[[], None]) -> None:
        """Look at the queue now and then, for ever; `changed` is told when it is otherwise than before."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            try:
                found = await asyncio.to_thread(_ask_queue, self._queue)
            except OutputFailed:
                found = OutputState(stopped=True, reasons=("other-error",))
            if found != self.state:
                self.state = found
                changed()

    def _folder(self, job: Job) -> Path:
        return self._work / f"{job.id:04d}-{job.uuid}"


def _ask_queue(queue: str) -> OutputState:
    """How the queue is. Raises `OutputFailed` where there is none."""
    import cups

    try:
        found = cups.Connection().getPrinters().get(queue)
    except (cups.IPPError, RuntimeError) as error:
        raise OutputFailed(f"the CUPS server does not answer: {error}") from error
    if found is None:
        raise OutputFailed(f"CUPS has no queue '{queue}': lpstat -e lists them")
    reasons = found.get("printer-state-reasons", [])
    listed = [reasons] if isinstance(reasons, str) else reasons
    return OutputState(found.get("printer-state") == _STOPPED, tuple(one for one in listed if one != "none"))


def _has_document(number: int, job: Job) -> bool:
    """True when the queue's job of that number is ours, and has its document."""
    import cups

    try:
        found: dict[str, Any] = cups.Connection().getJobAttributes(number)
    except (cups.IPPError, RuntimeError):
        return False
    return found.get(MARK) == job.uuid and found.get("number-of-documents", 0) > 0
