"""N1: what a job says of itself by IPP is what a simple model says of it, whatever is done in whichever order."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from distwire.ipp import Message, Operation, Status, attribute
from distwire.ipp import values as v
from distwire.ipp.enums import JobState
from tests.fuzz.asking import HANAKO, OPS, TARO, ask
from tests.fuzz.dictionary import PDF
from tests.fuzz.findings import Finding
from tests.fuzz.house import House
from tests.fuzz.house_rows import complete_deliveries
from tests.fuzz.watch import Watch

SETTINGS = settings(
    max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
ALL = attribute("requested-attributes", v.keyword("all"))
DOCUMENTS = {"good": PDF, "empty": b"", "of no kind": b"plain words"}
LONG_AGO = -1e6


@dataclass
class Job:
    """`state` is `open` while documents may come; `held` is what was asked, or done since."""

    number: int
    held: bool
    state: str = "open"
    documents: int = 0

    @property
    def shown(self) -> JobState:
        """`job-state`."""
        if self.state == "open":
            return JobState.PENDING_HELD
        if self.state == "pending":
            return JobState.PENDING_HELD if self.held else JobState.PENDING
        return JobState[self.state.upper()]

    @property
    def ended(self) -> bool:
        return self.state not in ("open", "pending")


class Printer:
    """A house that can be closed and opened again on the same folder."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.found: list[Finding] = []
        self.restart()

    def restart(self) -> None:
        """The process ends and another begins."""
        self.close()
        self._stack = ExitStack()
        self.watch = Watch(self.found.append)
        self.house = self._stack.enter_context(self.watch.over(self._home, clearing=False))

    def close(self) -> None:
        if hasattr(self, "_stack"):
            self._stack.close()


def number_of(job: Job) -> v.Value:
    return v.integer(job.number)


class Jobs(RuleBasedStateMachine):
    """The rules are what clients and workers do."""

    jobs = Bundle("jobs")
    printer: Printer

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Job] = []
        self.touched: Job | None = None

    def teardown(self) -> None:
        """Now and then a new process has them: all that was answered is on the disk."""
        if len(self.known) % 3 == 2:
            self.printer.restart()
        for job in self.known:
            self._compare(job)
        assert not self.printer.house.clear()
        assert [finding.key for finding in self.printer.found] == []

    @property
    def house(self) -> House:
        return self.printer.house

    # What clients do

    @initialize(target=jobs)
    def begin(self) -> MultipleResults[Job]:
        """Jobs of each kind to work with: the rules that make some are not among those of every run."""
        return multiple(self.create(False), self.create(True), self.print(False), self.print(True))

    @rule(target=jobs, held=st.booleans())
    def create(self, held: bool) -> Job:
        answer = ask(self.house, Operation.CREATE_JOB, job=_hold(held))
        return self._made(answer, Job(answer.job.integer("job-id") or 0, held))

    @rule(target=jobs, held=st.booleans())
    def print(self, held: bool) -> Job:
        answer = ask(self.house, Operation.PRINT_JOB, job=_hold(held), document=PDF)
        return self._made(answer, Job(answer.job.integer("job-id") or 0, held, "pending", 1))

    @rule(kind=st.sampled_from(["empty", "of no kind"]))
    def print_nothing(self, kind: str) -> None:
        status = ask(self.house, Operation.PRINT_JOB, document=DOCUMENTS[kind]).code
        assert status == {"empty": Status.BAD_REQUEST}.get(kind, Status.DOCUMENT_FORMAT_NOT_SUPPORTED)

    @rule(job=jobs, kind=st.sampled_from(sorted(DOCUMENTS)), last=st.booleans())
    def send(self, job: Job, kind: str, last: bool) -> None:
        asked = attribute("last-document", v.boolean(last))
        status = self._ask(job, Operation.SEND_DOCUMENT, asked, document=DOCUMENTS[kind]).code
        if job.state != "open":
            assert status == (Status.JOB_CANCELED if self._canceled_early(job) else Status.NOT_POSSIBLE)
            return
        if kind == "of no kind":
            assert status == Status.DOCUMENT_FORMAT_NOT_SUPPORTED
            job.state = "aborted"
            return
        job.documents += kind == "good"
        assert status == (Status.BAD_REQUEST if kind == "empty" and not last else Status.OK)
        if last:
            job.state = "pending" if job.documents else "aborted"

    @rule(job=jobs)
    def close(self, job: Job) -> None:
        assert self._ask(job, Operation.CLOSE_JOB).code == Status.OK
        if job.state == "open":
            job.state = "pending" if job.documents else "aborted"

    @rule(job=jobs)
    def cancel(self, job: Job) -> None:
        assert self._ask(job, Operation.CANCEL_JOB).code == (Status.NOT_POSSIBLE if job.ended else Status.OK)
        if not job.ended:
            job.documents, job.state = (job.documents if job.state == "pending" else -1), "canceled"

    @rule()
    def cancel_mine(self) -> None:
        assert ask(self.house, Operation.CANCEL_MY_JOBS).code == Status.OK
        for job in self.known:
            if not job.ended:
                job.documents, job.state = (job.documents if job.state == "pending" else -1), "canceled"

    @rule(job=jobs)
    def hold(self, job: Job) -> None:
        waits = job.state == "pending"
        assert self._ask(job, Operation.HOLD_JOB).code == (Status.OK if waits else Status.NOT_POSSIBLE)
        job.held = job.held or waits

    @rule(job=jobs)
    def release(self, job: Job) -> None:
        waits = job.state == "pending" and job.held
        assert self._ask(job, Operation.RELEASE_JOB).code == (Status.OK if waits else Status.NOT_POSSIBLE)
        job.held = job.held and not waits

    @rule(
        job=jobs, operation=st.sampled_from([Operation.CANCEL_JOB, Operation.GET_JOB_ATTRIBUTES, Operation.CLOSE_JOB])
    )
    def meddle(self, job: Job, operation: int) -> None:
        """Somebody else's job is none."""
        answer = ask(self.house, operation, attribute("job-id", number_of(job)), by=TARO)
        assert answer.code == Status.NOT_FOUND

    # What happens

    @rule()
    def deliver(self) -> None:
        """Workers carry out what is not held."""
        complete_deliveries(self.house.services, held=False)
        for job in self.known:
            if job.state == "pending" and not job.held:
                job.state = "completed"

    @rule()
    def run_out_of_time(self) -> None:
        """The clients of open jobs have said nothing for too long."""
        self.house.services.incoming.expire(LONG_AGO)
        for job in self.known:
            if job.state == "open":
                job.documents, job.state = -1, "aborted"

    # What is said of them

    @invariant()
    def what_was_touched_is_right(self) -> None:
        if self.touched is not None:
            self._compare(self.touched)

    @rule()
    def list_jobs(self) -> None:
        for which, ended in (("completed", True), ("not-completed", False)):
            answer = ask(self.house, Operation.GET_JOBS, attribute("which-jobs", v.keyword(which)), by=OPS)
            listed = {group.integer("job-id") for group in answer.jobs}
            assert listed == {job.number for job in self.known if job.ended is ended}

    def _compare(self, job: Job) -> None:
        said = self._ask(job, Operation.GET_JOB_ATTRIBUTES, ALL).job
        assert said.integer("job-state") == job.shown
        if job.state in ("open", "pending"):
            assert said.integer("number-of-documents") == job.documents
        if job.state != "open" and job.documents > 0 and job.state != "aborted":
            statuses = said.collections("destination-statuses")
            assert [one.string("destination-uri") for one in statuses] == ["discard:one", "discard:two"]

    def _made(self, answer: Message, job: Job) -> Job:
        assert answer.code == Status.OK
        assert answer.job.integer("job-state") == job.shown
        self.known.append(job)
        return job

    def _ask(self, job: Job, operation: int, *more: object, document: bytes = b"") -> Message:
        self.touched = job
        number = attribute("job-id", number_of(job))
        return ask(self.house, operation, number, *more, document=document, by=HANAKO)  # type: ignore[arg-type]

    @staticmethod
    def _canceled_early(job: Job) -> bool:
        """Before it was submitted."""
        return job.state == "canceled" and job.documents < 0


def _hold(held: bool) -> list[object]:
    return [attribute("job-hold-until", v.keyword("indefinite"))] if held else []


def test_jobs_are_what_the_model_says(tmp_path: Path) -> None:
    printer = Printer(tmp_path / "home")
    try:
        run_state_machine_as_test(type("OnPrinter", (Jobs,), {"printer": printer}), settings=SETTINGS)
    finally:
        printer.close()
