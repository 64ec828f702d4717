"""Where pages go: the contract of an output, and the tray: a folder for each job with what the paper shows."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from distwire.ipp.enums import JobState
from distwire.local.own_file import ALL_READ, remove_leavings, sync_folder
from mfp_client.printing.history import sync_file, write_json
from mfp_client.printing.job import Job, iso, state_keyword
from mfp_client.printing.profiles import ONE_SIDED
from mfp_client.printing.progress import Laid, Progress

_RECORD = "job.json"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\s]+")


class OutputFailed(Exception):
    """The pages cannot be put where they belong; the message says why."""


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended."""

    state: JobState
    reasons: tuple[str, ...]
    words: str
    impressions: int
    sheets: int


@dataclass(frozen=True, slots=True)
class OutputState:
    """How the output is: what printer-state and printer-state-reasons have to tell besides the device's own."""

    stopped: bool = False
    reasons: tuple[str, ...] = ()


class Bin(Protocol):
    """Collects the pages of one job. `done` is the job-state-reason of a job whose pages were all put there; `partial`:
    the pages of a job that ended early are on paper too."""

    done: str
    partial: bool

    @property
    def folder(self) -> Path:
        """Where page images are drawn before they are out."""

    @property
    def laid(self) -> Sequence[Laid]:
        """What is out, also from before a power cut."""

    def put_page(self, laid: Laid) -> None:
        """A side comes out; of the first copy, its image is in `folder`. Raises `OutputFailed`."""

    async def hand_over(self, job: Job) -> None:
        """All sides of the job are out. Raises `OutputFailed`."""

    def finish(self, job: Job) -> None:
        """The job has ended, in whatever state: what is out of it can be taken away. Raises `OutputFailed`."""

    def discard(self) -> None:
        """Nothing of the job came out."""


class Output(Protocol):
    """Where a device puts its jobs."""

    state: OutputState

    def open_bin(self, job: Job) -> Bin:
        """Begin a job, or go on with one that a power cut interrupted. Raises `OutputFailed`."""

    def find_end(self, job: Job) -> End | None:
        """How a job ended here before a power cut kept the device from noting it; None for one that has to go on."""

    def clear(self, job: Job) -> None:
        """Remove what is left of a job whose end is noted."""

    async def watch(self, changed: Callable[[], None]) -> None:
        """Keep `state` true, for ever; `changed` is told of each change."""


class TrayBin:
    """Two folders that nobody looks at (a dot begins their names): pages being drawn, and pages that are out."""

    done = "job-completed-successfully"
    partial = True

    def __init__(self, folders: tuple[Path, Path], tray: Path, printer: str) -> None:
        self.folder, self._out = folders
        self._tray = tray
        self._printer = printer
        for folder in folders:
            folder.mkdir(exist_ok=True)
        self._progress = Progress(self.folder / "progress", self._is_out)

    @property
    def laid(self) -> Sequence[Laid]:
        """What is out: its line is written, and its image is there."""
        return self._progress.laid

    def put_page(self, laid: Laid) -> None:
        """Note the side, and take its image over."""
        file = laid.page.file
        try:
            if laid.copy == 1:
                sync_file(self.folder / file)
            self._progress.note(laid)
            if laid.copy == 1:
                (self.folder / file).replace(self._out / file)
                sync_folder(self._out)
        except OSError as error:
            raise OutputFailed(f"the tray cannot be written: {error}") from error

    async def hand_over(self, job: Job) -> None:
        """They are in the tray already."""

    def finish(self, job: Job) -> None:
        """Write `job.json` and give the folder its name, in one step for a watcher."""
        try:
            remove_leavings(self._out, _RECORD)
            write_json(self._out / _RECORD, self._describe(job), mode=ALL_READ)
            self._out.rename(find_place(self._tray, job))
            sync_folder(self._tray)
        except OSError as error:
            raise OutputFailed(f"the tray cannot be written: {error}") from error
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Remove both folders."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self._out, ignore_errors=True)

    def _is_out(self, laid: Laid) -> bool:
        return (self._out / laid.page.file).is_file()

    def _describe(self, job: Job) -> dict[str, object]:
        document = job.document
        pages = [one for one in self.laid if one.copy == 1]
        return {
            "printer": self._printer,
            "job_id": job.id,
            "job_uuid": f"urn:uuid:{job.uuid}",
            "job_name": job.name,
            "user": job.user,
            "state": state_keyword(job.state),
            "state_reasons": list(job.reasons),
            "message": job.words,
            "document_name": document.name if document else None,
            "format": document.format if document else None,
            "sha256": document.sha256 if document else None,
            "octets": document.octets if document else None,
            "copies": job.ticket.copies,
            "sides": pages[-1].page.sides if pages else ONE_SIDED,
            "media": pages[0].page.media if pages else job.ticket.media,
            "color_mode": job.ticket.color_mode,
            "pages": len(pages),
            "impressions": job.impressions,
            "sheets": job.sheets,
            "created": iso(job.created),
            "processing": iso(job.processing_at),
            "ended": iso(job.ended_at),
            "page_files": [_describe_side(one) for one in pages],
        }


def _describe_side(laid: Laid) -> dict[str, object]:
    page = laid.page
    size = {"width": page.width, "height": page.height}
    return {"file": page.file, "sheet": laid.sheet, "side": laid.side, "media": page.media, **size}


class Tray:
    """A folder with a folder `NNNN-NAME` for each job that has ended with at least one page out."""

    state = OutputState()

    def __init__(self, folder: Path, printer: str) -> None:
        self._folder = folder
        self._printer = printer
        folder.mkdir(parents=True, exist_ok=True)

    def open_bin(self, job: Job) -> TrayBin:
        """Begin a job, or go on behind its last page that is out."""
        try:
            return TrayBin(self._folders(job), self._folder, self._printer)
        except OSError as error:
            raise OutputFailed(f"the tray cannot be written: {error}") from error

    def find_end(self, job: Job) -> End | None:
        """What the record in the job's folder says, which is given its name if it has none yet."""
        _, out = self._folders(job)
        end = _read_end(out / _RECORD, job)
        if end is not None:
            out.rename(find_place(self._folder, job))
            return end
        found = (_read_end(path, job) for path in self._folder.glob(f"{job.id:04d}-*/{_RECORD}"))
        return next((one for one in found if one is not None), None)

    def clear(self, job: Job) -> None:
        """Remove both hidden folders of the job."""
        for folder in self._folders(job):
            shutil.rmtree(folder, ignore_errors=True)

    async def watch(self, changed: Callable[[], None]) -> None:
        """A folder is always as it is."""
        del changed
        await asyncio.Event().wait()

    def _folders(self, job: Job) -> tuple[Path, Path]:
        drawing, out = (self._folder / f".{job.id:04d}-{job.uuid}.{kind}" for kind in ("drawing", "out"))
        return drawing, out


def find_place(tray: Path, job: Job) -> Path:
    """The name of the job's folder in the tray."""
    name = f"{job.id:04d}-{make_slug(job.name)}"
    final = tray / name
    return final if not final.exists() else tray / f"{name}-{job.uuid[:8]}"


def _read_end(path: Path, job: Job) -> End | None:
    """What a record says, if it is that of this job."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["job_uuid"] != f"urn:uuid:{job.uuid}":
            return None
        state = JobState[record["state"].upper().replace("-", "_")]
        return End(state, tuple(record["state_reasons"]), record["message"], record["impressions"], record["sheets"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def make_slug(name: str, octets: int = 80) -> str:
    """A job's name as part of a folder's name: any script, no separators, at most `octets` of UTF-8."""
    slug = _UNSAFE.sub("-", name).strip("-.") or "job"
    return slug.encode()[:octets].decode("utf-8", "ignore")
