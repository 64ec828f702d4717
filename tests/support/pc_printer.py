"""The printer of a PC on a CUPS of our own, the program that takes what is printed, and a hand for its dialogs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import signal
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distwire.ipp.client import Endpoint, IppClient
from tests.support.cupsd import CupsServer
from tests.support.patience import wait_until
from tests.support.pc import PATIENCE, Pc, Window
from tests.support.server import ROOT

QUEUE = "distprint"


@dataclass
class PcPrinter:
    """`said` is the file of what the account's program says."""

    cups: CupsServer
    pc: Pc
    process: subprocess.Popen[str] | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Where backend, sockets and sessions are here, as options."""
        folders = {"--backends": self.cups.home / "programs" / "backend", "--autostart": self.pc.home}
        return (*(str(one) for pair in folders.items() for one in pair), *self.sockets)

    @property
    def sockets(self) -> tuple[str, str]:
        """Where sockets are here, as an option."""
        return ("--sockets", str(self.cups.home / "sockets"))

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a `pc-client` command for this CUPS."""
        command = [sys.executable, "-m", "pc_client", *arguments]
        environment = {**self.pc.environment, **self.cups.environment}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def start(self) -> None:
        """Start the account's program and wait until it takes jobs."""
        command = [sys.executable, "-m", "pc_client", "printer", "run", "--home", str(self.pc.home), *self.sockets]
        environment = {**self.pc.environment, **self.cups.environment}
        with (self.pc.home / "printer.out").open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        said = self.process.stdout.readline() if ready else ""
        assert "taking" in said, (self.pc.home / "printer.out").read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, as the session's end does, or as a crash."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(number)
            process.wait(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()

    def print_file(self, path: Path, *options: str) -> int:
        """Print as a program of this account does; the number of the job."""
        said = self.cups.run("lp", "-d", QUEUE, *options, str(path))  # request id is distprint-1 (1 file(s))
        return int(said.split(f"{QUEUE}-")[1].split()[0])

    def read_state(self, job: int) -> str:
        """A job's state at CUPS, as IPP's keyword."""
        return asyncio.run(self._ask_states()).get(job, "gone")

    def wait_for_state(self, job: int, state: str) -> None:
        """Until CUPS says so."""
        wait_until(lambda: self.read_state(job) == state, lambda: (self.read_state(job), _read_log(self.cups)))

    def next_dialog(self, number: int) -> Dialog:
        """The dialog that comes up as the one of that number, from 1."""
        wait_until(lambda: len(self.pc.opened()) >= number, lambda: (self.pc.opened(), _read_log(self.cups)))
        return Dialog(self.pc.opened()[number - 1])

    async def _ask_states(self) -> dict[int, str]:
        client, found = IppClient(), {}
        try:
            for which in ("not-completed", "completed"):
                endpoint = Endpoint(f"ipp://127.0.0.1:{self.cups.port}/printers/{QUEUE}")
                answer = await client.get_jobs(endpoint, "root", which, 100, ("job-id", "job-state"))
                for group in answer.groups:
                    numbers = [one for name in ("job-id", "job-state") for one in group.integers(name)]
                    if len(numbers) == 2:
                        found[numbers[0]] = _STATES[numbers[1]]
        finally:
            await client.close()
        return found


_STATES = dict(enumerate(("pending", "held", "processing", "stopped", "canceled", "aborted", "completed"), 3))


class Dialog(Window):
    """A dialog, worked by its HTTP interface as its page does."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.draft = self.facts["draft"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request; raises `urllib.error.HTTPError`."""
        return json.loads(self.fetch(method, path, body))

    def look(self) -> Any:
        """What it shows."""
        return self.ask("GET", f"drafts/{self.draft}")

    def is_gone(self) -> bool:
        """Whether its document is not asked about any more."""
        try:
            self.look()
        except urllib.error.HTTPError as error:
            return error.code == 404
        return False

    def send(self, **answers: Any) -> Any:
        """Press OK."""
        return self.ask("POST", f"drafts/{self.draft}/send", answers)

    def cancel(self) -> None:
        """Press Cancel."""
        self.ask("POST", f"drafts/{self.draft}/cancel", {})


@contextlib.contextmanager
def run_pc_printer(cups: CupsServer, pc: Pc) -> Iterator[PcPrinter]:
    """The printer, installed; the account's program is off."""
    printer = PcPrinter(cups, pc)
    done = printer.command("printer", "install", *printer.places)
    assert done.returncode == 0, done.stderr
    try:
        yield printer
    finally:
        printer.end()


def _read_log(cups: CupsServer) -> str:
    return (cups.home / "log" / "error").read_text(errors="replace")[-3000:]
