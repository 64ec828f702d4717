"""What the device remembers on disk: who it is, whether it has paper, its jobs; each file is replaced atomically."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from distwire.ipp.enums import JobState
from distwire.local.own_file import OWNER_ALONE, remove_leavings, sync_folder, write_own_file
from mfp_client.printing.job import Job, Received, Ticket

KEPT = 500
"""Ended jobs that are remembered."""


@dataclass(slots=True)
class Identity:
    """The device's own facts: `since` is when it was first switched on (seconds since the epoch)."""

    uuid: str
    since: float
    next_job: int = 1
    paper: bool = True


class History:
    """The state folder: `device.json`, `jobs/NNNN.json`, and `spool/` with the documents of jobs that are not ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs = folder / "jobs"
        self.spool = folder / "spool"
        for each in (self._jobs, self.spool):
            each.mkdir(parents=True, exist_ok=True)
        remove_leavings(folder, "device.json")
        remove_leavings(self._jobs, "*.json")

    def load_identity(self) -> Identity:
        """Who the device is; a new identity at its first start."""
        record = read_json(self._folder / "device.json")
        if record is None:
            identity = Identity(uuid=str(uuid.uuid4()), since=time.time())
            self.save_identity(identity)
            return identity
        return Identity(**record)

    def save_identity(self, identity: Identity) -> None:
        """Keep it."""
        write_json(self._folder / "device.json", asdict(identity))

    def load_jobs(self) -> list[Job]:
        """All jobs that are remembered, oldest first; a file that cannot be read is left out."""
        records = (read_json(path) for path in sorted(self._jobs.glob("*.json")))
        return sorted((_job_from(record) for record in records if record is not None), key=lambda job: job.id)

    def save_job(self, job: Job, *, durable: bool = False) -> None:
        """Keep a job as it stands now, `durable` also through a power cut; an ended job's document is let go."""
        write_json(self._jobs / f"{job.id:06d}.json", {**asdict(job), "state": int(job.state)}, durable=durable)
        if job.ended:
            self.document_path(job).unlink(missing_ok=True)

    def forget_job(self, job: Job) -> None:
        """Remove a job from the memory."""
        (self._jobs / f"{job.id:06d}.json").unlink(missing_ok=True)
        self.document_path(job).unlink(missing_ok=True)

    def document_path(self, job: Job) -> Path:
        """Where the whole document of a job lies."""
        return self.spool / f"{job.id:06d}.document"

    def keep_document(self, job: Job, arrived: Path) -> None:
        """The document that arrived is the job's, also after a power cut."""
        arrived.replace(self.document_path(job))
        sync_folder(self.spool)

    def clear_spool(self, keep: set[Path]) -> None:
        """Remove what no job needs: halves of documents, leavings of a crash."""
        for path in self.spool.iterdir():
            if path not in keep:
                path.unlink(missing_ok=True)


def write_json(path: Path, record: dict[str, Any], *, mode: int = OWNER_ALONE, durable: bool = True) -> None:
    """Write a record as `write_own_file` does."""
    data = json.dumps(record, ensure_ascii=False, indent=1).encode()
    write_own_file(path, data, mode=mode, durable=durable)


def sync_file(path: Path) -> None:
    """Bring a file's bytes to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def read_json(path: Path) -> dict[str, Any] | None:
    """What `write_json` wrote; None for a file that is not there or is damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _job_from(record: dict[str, Any]) -> Job:
    ticket, document = record["ticket"], record["document"]
    ranges = tuple((first, last) for first, last in ticket["page_ranges"])
    return Job(
        **{
            **record,
            "state": JobState(record["state"]),
            "reasons": tuple(record["reasons"]),
            "ticket": Ticket(**{**ticket, "page_ranges": ranges}),
            "document": None if document is None else Received(**document),
        }
    )
