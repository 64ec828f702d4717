"""Where pages go: the contract of an output, and the tray: a folder for each job with what the paper shows."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mfp_client.printing.history import write_json
from mfp_client.printing.job import Job, iso, state_keyword
from mfp_client.printing.profiles import ONE_SIDED
from mfp_client.printing.rasterizer import PrintedPage

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\s]+")


class OutputFailed(Exception):
    """The pages cannot be put where they belong; the message says why."""


class Bin(Protocol):
    """Collects the pages of one job. `done` is the job-state-reason of a job whose pages were all put there."""

    done: str

    @property
    def folder(self) -> Path:
        """Where page images are drawn before they are out."""

    def put_page(self, page: PrintedPage, sheet: int, side: str) -> None:
        """An image in `folder` is out: `front` or `back` of a sheet (counted from 1). Raises `OutputFailed`."""

    def finish(self, job: Job) -> None:
        """The job has ended, in whatever state: what is out of it can be taken away. Raises `OutputFailed`."""

    def discard(self) -> None:
        """Nothing of the job came out, or it will be printed anew."""


class Output(Protocol):
    """Where a device puts its jobs."""

    def open_bin(self, job: Job) -> Bin:
        """Begin a job, from its first page. Raises `OutputFailed`."""

    def has(self, job: Job) -> bool:
        """True when the job was finished here before (asked after a crash)."""


@dataclass(slots=True)
class TrayBin:
    """Two folders that nobody looks at (a dot begins their names): pages being drawn, and pages that are out."""

    folder: Path
    out: Path
    tray: Path
    printer: str
    done: str = "job-completed-successfully"
    sides: str = ONE_SIDED
    pages: list[dict[str, object]] = field(default_factory=list)

    def put_page(self, page: PrintedPage, sheet: int, side: str) -> None:
        """Take the image over and note it for `job.json`."""
        try:
            (self.folder / page.file).replace(self.out / page.file)
        except OSError as error:
            raise OutputFailed(f"the tray cannot be written: {error}") from error
        size = {"width": page.width, "height": page.height}
        self.sides = page.sides
        self.pages.append({"file": page.file, "sheet": sheet, "side": side, "media": page.media, **size})

    def finish(self, job: Job) -> None:
        """Write `job.json` and give the folder its name, in one step for a watcher."""
        try:
            write_json(self.out / "job.json", self._describe(job))
            self.out.rename(self._final_name(job))
        except OSError as error:
            raise OutputFailed(f"the tray cannot be written: {error}") from error
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Remove both folders."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.out, ignore_errors=True)

    def _final_name(self, job: Job) -> Path:
        name = f"{job.id:04d}-{make_slug(job.name)}"
        final = self.tray / name
        return final if not final.exists() else self.tray / f"{name}-{job.uuid[:8]}"

    def _describe(self, job: Job) -> dict[str, object]:
        document = job.document
        return {
            "printer": self.printer,
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
            "sides": self.sides,
            "media": self.pages[0]["media"] if self.pages else job.ticket.media,
            "color_mode": job.ticket.color_mode,
            "pages": len(self.pages),
            "impressions": job.impressions,
            "sheets": job.sheets,
            "created": iso(job.created),
            "processing": iso(job.processing_at),
            "ended": iso(job.ended_at),
            "page_files": self.pages,
        }


class Tray:
    """A folder with a folder `NNNN-NAME` for each job that has ended with at least one page out."""

    def __init__(self, folder: Path, printer: str) -> None:
        self._folder = folder
        self._printer = printer
        folder.mkdir(parents=True, exist_ok=True)

    def open_bin(self, job: Job) -> TrayBin:
        """Begin a job; what a crash left of it is thrown away."""
        drawing, out = (self._folder / f".{job.id:04d}-{job.uuid}.{kind}" for kind in ("drawing", "out"))
        try:
            for folder in (drawing, out):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
        except OSError as error:
            raise OutputFailed(f"the tray cannot be written: {error}") from error
        return TrayBin(drawing, out, self._folder, self._printer)

    def has(self, job: Job) -> bool:
        """True when the job's folder has its name already."""
        records = self._folder.glob(f"{job.id:04d}-*/job.json")
        return any(f'"urn:uuid:{job.uuid}"' in path.read_text(encoding="utf-8") for path in records)


def make_slug(name: str, octets: int = 80) -> str:
    """A job's name as part of a folder's name: any script, no separators, at most `octets` of UTF-8."""
    slug = _UNSAFE.sub("-", name).strip("-.") or "job"
    return slug.encode()[:octets].decode("utf-8", "ignore")
