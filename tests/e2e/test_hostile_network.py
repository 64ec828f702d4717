"""Each misbehaviour of a printer against a whole server: the well ones print once, the ill one ends as it should (D11,
D15, N4).

All run at the same time on one server, each as a job of its own to four printers of its own: what waits for another
try then costs its time only once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from distserver.model.states import OutcomeKind, Reason
from distserver.store.rows import tries_from_text
from tests.support.hostile import BEHAVIOURS, Fault, HostileNetwork, Script, Step, run_hostile_process
from tests.support.hostile.catalogue import PATIENCE, PROCESSING
from tests.support.hostile.trials import (
    Row,
    Trial,
    count_sheets,
    explain,
    make_trial,
    submit,
    wait_for_rows,
    write_document,
)
from tests.support.server import Server, run_server

_WELL_SECONDS = 60.0
_ILL_SECONDS = 150.0
_TRAYS = ("empty tray", "full tray")


@dataclass
class Office:
    """A server and a hostile network, and the trials that are under way."""

    server: Server
    network: HostileNetwork
    trials: dict[str, Trial]

    def wait(self, name: str) -> tuple[Trial, dict[str, Row]]:
        """The trial and its rows, when the ill one is where it goes and the well ones have ended."""
        trial = self.trials[name]

        def well_ended(rows: dict[str, Row]) -> bool:
            return all(rows[well]["ended"] for well in trial.well)

        wait_for_rows(self.server, trial.job, well_ended, _WELL_SECONDS)
        rows = wait_for_rows(
            self.server, trial.job, lambda rows: well_ended(rows) and trial.is_over(rows[trial.ill]), _ILL_SECONDS
        )
        return trial, rows


@pytest.fixture(scope="module")
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Starts the trials of all tests that are to run, and nothing else."""
    root = tmp_path_factory.mktemp("hostile")
    wanted = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path and hasattr(item, "callspec")
    ]
    trials = [make_trial(name, BEHAVIOURS[name]) for name in dict.fromkeys(wanted)]
    with run_hostile_process() as network, run_server(root / "home", **PATIENCE) as server:
        network.play({trial.ill: trial.behaviour.script for trial in trials})
        server.write_group("trays.rec", "trays", network.lines(_TRAYS))
        server.write_group("all.rec", "all", network.lines([p for trial in trials for p in trial.printers]))
        for trial in trials:
            server.write_group(f"{trial.name}.rec", trial.name, network.lines(trial.printers))
        server.wait_for_groups("trays.rec", "all.rec", *(f"{trial.name}.rec" for trial in trials))
        started = {trial.name: _start(server, network, trial, root) for trial in trials}
        yield Office(server, network, started)


def _start(server: Server, network: HostileNetwork, trial: Trial, folder: Path) -> Trial:
    """A door's time counts from here: to submit all trials may take longer than it stays shut."""
    path = folder / f"{trial.behaviour.octets}.pdf"
    if not path.exists():
        write_document(path, trial.behaviour.octets)
    if trial.behaviour.script.door is not None:
        network.play({trial.ill: trial.behaviour.script})
    return dataclasses.replace(trial, job=submit(server, path, trial.name, trial.name))


def _tried_again(server: Server, row: Row) -> set[OutcomeKind]:
    """By which rules the delivery was tried again, as its row has it."""
    path = server.home / "store" / "distserver.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        query = "SELECT tries FROM ds_delivery WHERE job_id = ? AND number = ?"
        (tries,) = database.execute(query, (row["job"], row["number"])).fetchone()
    return set(tries_from_text(tries))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_one_ill_printer_among_three_well_ones(office: Office, name: str) -> None:
    trial, rows = office.wait(name)
    sheets = count_sheets(office.network.paper(), trial.printers)
    said = explain(list(rows.values()))
    assert {rows[well]["state"] for well in trial.well} == {"completed"}, said
    assert {sheets[well] for well in trial.well} == {1}, said
    expected, ill = trial.behaviour, rows[trial.ill]
    assert (ill["state"], ill["reason"]) == (expected.end, expected.reason), said
    rules = {expected.rule} if expected.rule else set()
    tried = _tried_again(office.server, ill)
    assert tried == rules or (not expected.surely and not tried), said
    if expected.end == PROCESSING:
        assert "media-empty" in ill["device_reasons"], said
    if expected.tells:
        assert sheets[trial.ill] == expected.sheets, said
    elif expected.end == "completed":
        assert sheets[trial.ill] >= 1, said


def test_what_is_behind_a_printer_without_paper_waits_and_says_so(office: Office, tmp_path: Path) -> None:
    """D15: nobody else waits; when the paper is back, all comes out in its order."""
    server, network = office.server, office.network
    ill, well = _TRAYS
    network.play({ill: Script((Step(Fault.EMPTY),))})
    document = write_document(tmp_path / "notice.pdf", 0)
    first = submit(server, document, "trays", "first")
    rows = wait_for_rows(server, first, lambda rows: "media-empty" in rows[ill]["device_reasons"], _WELL_SECONDS)
    assert "media-empty" in rows[ill]["device_reasons"], explain(list(rows.values()))
    second = submit(server, document, "trays", "second")
    waiting = Reason.WAITS_FOR_DESTINATION.value
    rows = wait_for_rows(
        server, second, lambda rows: bool(rows[well]["ended"] and rows[ill]["reason"] == waiting), _WELL_SECONDS
    )
    said = explain(list(rows.values()))
    assert (rows[well]["state"], rows[ill]["state"], rows[ill]["reason"]) == ("completed", "pending", waiting), said
    assert rows[ill]["words"], said
    network.play({ill: Script()})
    for job in (first, second):
        rows = wait_for_rows(server, job, lambda rows: bool(rows[ill]["ended"]), _ILL_SECONDS)
        assert rows[ill]["state"] == "completed", explain(list(rows.values()))
    assert [sheet.title for sheet in network.paper().printed if sheet.printer == ill] == ["first", "second"]
