"""Broadcasts to a hostile network while processes of the server are killed at random (N4): what came out, by the
network's own count, and what the receipts say of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.hostile import HostileNetwork, run_hostile_process
from tests.support.hostile.catalogue import PATIENCE, SMALL
from tests.support.hostile.trials import Row, read_rows, write_document
from tests.support.mixture import Guest, invite, judge, lines_of
from tests.support.pressing import press
from tests.support.server import Server, run_server
from tests.support.tally import Tally
from tests.support.victims import keep_serving, kill_one

_ENDED = ("completed", "aborted", "canceled")
_END_SECONDS = 300.0
_UNDER_WAY = 6
_CALM_SECONDS = 1.0


@dataclass
class Campaign:
    """A server and a hostile network that stay for many pieces."""

    server: Server
    network: HostileNetwork
    chance: random.Random
    quick: bool = False
    broadcasts: int = 0
    jobs: dict[str, list[Guest]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def run_piece(self, kills: int, until: float) -> Tally:
        """Broadcast while `kills` processes are killed, at most until (monotonic) `until`; wait for the end; judge."""
        began = time.monotonic()
        found, struck = Tally(pieces=1), list[tuple[float, str]]()
        with self._submitting() as goes_on:
            while goes_on() and len(struck) < kills and time.monotonic() < until:
                time.sleep(self.chance.uniform(0.05, 1.4))
                at = time.time()
                victim = kill_one(self.server, self.chance)
                if victim is not None:
                    struck.append((at, victim))
                keep_serving(self.server)
            found.killing_seconds = time.monotonic() - began
        self._wait_for_end()
        found.kills = Counter(victim for _, victim in struck)
        found.measure_gaps(struck, sorted(sheet.at for sheet in self.network.paper().received))
        self._judge_all(found)
        found.asked = self._count_questions()
        found.seconds = time.monotonic() - began
        return found

    def clear(self) -> None:
        """Before the next piece: the trays are emptied."""
        self.jobs.clear()
        self.ended.clear()
        self.network.reset()

    def save(self, folder: Path) -> None:
        """Everything that tells how a piece went wrong."""
        shutil.copytree(self.server.home, folder / "home", ignore=_without_sockets, dirs_exist_ok=True)
        (folder / "paper.json").write_text(json.dumps(self.network.paper().to_json()), "utf-8")
        (folder / "figures.json").write_text(json.dumps(self.network.figures()), "utf-8")

    @contextlib.contextmanager
    def _submitting(self) -> Iterator[Callable[[], bool]]:
        """One broadcast after the other, a few at the same time, until the block ends; whether that still goes on."""
        stop, failures = threading.Event(), list[BaseException]()

        def submit() -> None:
            try:
                while not stop.is_set():
                    self._submit(self._invite())
                    while not stop.wait(0.3) and len(self._open_jobs()) >= _UNDER_WAY:
                        pass
            except BaseException as error:  # handed to the thread that waits
                failures.append(error)
                raise

        thread = threading.Thread(target=submit, name="submitter")
        thread.start()
        try:
            yield thread.is_alive
        finally:
            stop.set()
            while thread.is_alive():
                keep_serving(self.server)
                thread.join(_CALM_SECONDS)
        if failures:
            raise failures[0]

    def _invite(self) -> list[Guest]:
        self.broadcasts += 1
        guests = invite(self.broadcasts, self.chance_of(self.broadcasts), quick=self.quick)
        self.network.play({guest.name: guest.script for guest in guests})
        name = f"broadcast {self.broadcasts}"
        self.server.write_group(f"{self.broadcasts}.rec", name, lines_of(self.network, guests))
        return guests

    def chance_of(self, number: int) -> random.Random:
        """Who is invited does not depend on when who was killed."""
        return random.Random(f"{self.chance.getstate()[1][0]} {number}")

    def _submit(self, guests: list[Guest]) -> None:
        title = f"broadcast {self.broadcasts}"
        document = write_document(self.server.home.parent / "notice.pdf", SMALL, title)
        job = press(self.server, document, f"key-{self.broadcasts}", {"group": title, "title": title})
        self.jobs[job] = guests

    def _open_jobs(self) -> list[str]:
        with contextlib.suppress(OSError, http.client.HTTPException):  # it is killed faster than it answers
            for job in [job for job in self.jobs if job not in self.ended]:
                if self.server.job(job)["state"] in _ENDED:
                    self.ended.add(job)
        return [job for job in self.jobs if job not in self.ended]

    def _wait_for_end(self) -> None:
        until = time.monotonic() + _END_SECONDS
        while time.monotonic() < until:
            keep_serving(self.server)
            if not self._open_jobs():
                return
            time.sleep(_CALM_SECONDS)

    def _judge_all(self, found: Tally) -> None:
        sheets = Counter(sheet.printer for sheet in self.network.paper().printed if sheet.whole)
        for job, guests in self.jobs.items():
            rows = read_rows(self.server, job)
            found.jobs += 1
            missing = [guest.name for guest in guests if guest.name not in rows]
            found.wrong += [f"{job}: no receipt for {name}" for name in missing]
            for guest in guests:
                if guest.name not in missing:
                    self._judge(found, guest, rows[guest.name], sheets[guest.name])

    def _judge(self, found: Tally, guest: Guest, row: Row, sheets: int) -> None:
        found.copies += 1
        messages = str(row["message"]) if sheets < 2 else self._all_messages(row)
        verdict = judge(guest, row, sheets, messages)
        found.ends[verdict.kind] += 1
        if not verdict.right:
            found.wrong.append(f"{verdict.kind}: {verdict.words}")

    def _all_messages(self, row: Row) -> str:
        whole = json.loads(self.server.get(f"/api/v1/jobs/{row['job']}/deliveries/{row['number']}"))
        return "; ".join([whole["message"], *(attempt["message"] for attempt in whole["history"])])

    def _count_questions(self) -> int:
        log = (self.server.home / "logs" / "worker.log").read_text("utf-8")
        return sum(log.count(f"delivery-asked job={job}") for job in self.jobs)


def _without_sockets(folder: str, names: list[str]) -> set[str]:
    """The FIFO of the bell is no file to copy."""
    return {name for name in names if Path(folder, name).is_fifo() or Path(folder, name).is_socket()}


@contextlib.contextmanager
def run_campaign(folder: Path, seed: int, *, quick: bool = False, **settings: object) -> Iterator[Campaign]:
    """A server with short patience, and a network, for as long as the block runs; `quick` leaves out printers after
    which much waiting is."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        run_hostile_process() as network,
        run_server(folder / "home", suspend_score=0, **PATIENCE, **settings) as server,
    ):
        yield Campaign(server, network, random.Random(seed), quick)
