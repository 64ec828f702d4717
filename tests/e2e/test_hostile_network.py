"""Each misbehaviour of a printer against a whole server: the well ones print once, the ill one ends as it should (D11,
D15, N4).

All run at the same time on one server, each as a job of its own to four printers of its own: what waits for another
try then costs its time only once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.hostile import BEHAVIOURS, HostileNetwork, run_hostile_process
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
    with run_hostile_process() as network, run_server(root / "home", worker_slots=100, **PATIENCE) as server:
        network.play({trial.ill: trial.behaviour.script for trial in trials})
        server.write_group("all.rec", "all", network.lines([p for trial in trials for p in trial.printers]))
        for trial in trials:
            server.write_group(f"{trial.name}.rec", trial.name, network.lines(trial.printers))
        started = {trial.name: _start(server, trial, root) for trial in trials}
        yield Office(server, network, started)


def _start(server: Server, trial: Trial, folder: Path) -> Trial:
    path = folder / f"{trial.behaviour.octets}.pdf"
    if not path.exists():
        write_document(path, trial.behaviour.octets)
    return dataclasses.replace(trial, job=submit(server, path, trial.name, trial.name))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_one_ill_printer_among_three_well_ones(office: Office, name: str) -> None:
    trial, rows = office.wait(name)
    sheets = count_sheets(office.network.paper(), trial.printers)
    said = explain(list(rows.values()))
    assert {rows[well]["state"] for well in trial.well} == {"completed"}, said
    assert {sheets[well] for well in trial.well} == {1}, said
    expected, ill = trial.behaviour, rows[trial.ill]
    assert (ill["state"], ill["reason"]) == (expected.end, expected.reason), said
    if expected.end == PROCESSING:
        assert "media-empty" in ill["device_reasons"], said
    if expected.tells:
        assert sheets[trial.ill] == expected.sheets, said
    elif expected.end == "completed":
        assert sheets[trial.ill] >= 1, said
