"""How an eSCL scanner is: `ScannerStatus` (Mopria eSCL 2.x §9), and the fault that a feeder tells by its `AdfState`."""

from __future__ import annotations

from dataclasses import dataclass

from distwire.scan.escl.address import read_path
from distwire.scan.escl.document import parse_document
from distwire.scan.faults import Fault

ADF_FAULTS = {
    "ScannerAdfEmpty": Fault.FEEDER_EMPTY,
    "ScannerAdfJam": Fault.JAM,
    "ScannerAdfMultipickDetected": Fault.DOUBLE_FEED,
    "ScannerAdfMispick": Fault.MISPICK,
    "ScannerAdfHatchOpen": Fault.COVER_OPEN,
    "ScannerAdfDuplexPageTooShort": Fault.SHEET_LENGTH,
    "ScannerAdfDuplexPageTooLong": Fault.SHEET_LENGTH,
    "ScannerAdfInputTrayFailed": Fault.FEEDER_FAILED,
    "ScannerAdfInputTrayOverloaded": Fault.FEEDER_FAILED,
}
_LOADED = ("ScannerAdfLoaded", "ScannerAdfProcessing")
_UNDER_WAY = ("Pending", "Processing")


@dataclass(frozen=True, slots=True)
class Status:
    """`state` and `adf` in the standard's words; of each job, by the path of its URI: its state and reasons."""

    state: str
    adf: str
    jobs: dict[str, tuple[str, tuple[str, ...]]]

    @property
    def fault(self) -> Fault | None:
        """What the feeder has; also `feeder-empty`, which at the end of a stack is none."""
        return ADF_FAULTS.get(self.adf)

    @property
    def has_paper(self) -> bool:
        """Whether the feeder says that paper lies in it."""
        return self.adf in _LOADED

    def is_under_way(self, path: str) -> bool:
        """Whether that job has more to give, by its own word."""
        return self.jobs.get(path, ("", ()))[0] in _UNDER_WAY

    def find_abortion(self, path: str) -> str | None:
        """Why the scanner has aborted that job, in its words; None when it has not."""
        state, reasons = self.jobs.get(path, ("", ()))
        return (", ".join(reasons) or "no reason given") if state == "Aborted" else None


def read_status(data: bytes) -> Status:
    """Raises `BrokenAnswer`."""
    root = parse_document(data, "ScannerStatus")
    jobs = {}
    for job in root.find_all("Jobs", "JobInfo"):
        path = read_path(job.read_text("JobUri"), "/")
        reasons = tuple(one.read_text()[:60] for one in job.find_all("JobStateReasons", "JobStateReason"))
        jobs[path] = job.read_text("JobState"), reasons
    return Status(root.read_text("State"), root.read_text("AdfState"), jobs)
