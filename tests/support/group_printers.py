"""A whole server whose groups are printers, and where they are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from distwire.ipp import Operation, Status
from tests.support.ippwire import ask
from tests.support.patience import wait_until
from tests.support.server import ROOT, Server, run_server

_READY = re.compile(r"printers-ready at=(\S+)")
_TLS_PORT = re.compile(r"printers-ready .*tls_port=(\d+)")
OPEN = "print-from: 127.0.0.1"


@dataclass
class House:
    """`authority` is the `host:port` at which its printers are."""

    server: Server
    authority: str

    def printer(self, name: str, kind: str = "print") -> str:
        """URI of a group's printer, by the name of its file."""
        return f"ipp://{self.authority}/ipp/{kind}/{quote(name)}"

    @property
    def tls_port(self) -> int:
        """Where they are by TLS."""
        return int(_TLS_PORT.findall(self.log())[-1])

    @property
    def system(self) -> str:
        """URI of the system."""
        return f"ipp://{self.authority}/ipp/system"

    def write_group(self, name: str, *lines: str, comments: tuple[str, ...] = (OPEN,)) -> str:
        """A group whose name is that of its file; its printer's URI."""
        self.server.write_group(f"{name}.rec", name, [*(f"# {one}" for one in comments), *lines])
        return self.printer(name)

    def wait_for_groups(self, *names: str) -> None:
        """Until each of these has its printer: files are read within a second."""
        for name in names:
            wait_until(lambda name=name: ask(self.printer(name), Operation.GET_PRINTER_ATTRIBUTES).code == Status.OK)

    def add_user(self, name: str, role: str, password: str) -> None:
        """Somebody who can sign in."""
        command = [sys.executable, "-m", "distserver", "--home", str(self.server.home), "user", "add", name]
        subprocess.run(
            [*command, "--role", role, "--password-stdin"],
            cwd=ROOT,
            env=self.server.environment,
            input=password + "\n",
            text=True,
            check=True,
            capture_output=True,
        )

    def restart(self) -> None:
        """Kill the process in which the printers are, and wait for the next."""
        before = len(_READY.findall(self.log()))
        for process in self.server.descendants():
            if " ipp " in f"{process.command} ":
                process.kill()
        wait_until(lambda: len(_READY.findall(self.log())) > before)

    @property
    def pid(self) -> int:
        """The process in which the printers are; waits while it is being started again."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [one.pid for one in self.server.descendants() if " ipp " in f"{one.command} "]
            return bool(found)

        wait_until(look)
        return found[0]

    def log(self) -> str:
        return (self.server.home / "logs" / "ipp.log").read_text("utf-8")


@contextmanager
def run_house(home: Path, hooks: Mapping[str, str] | None = None, **settings: Any) -> Iterator[House]:
    """A server with printers on a free port for as long as the block runs; `hooks` are variables for its processes."""
    with run_server(home, hooks, **settings) as server:
        log = home / "logs" / "ipp.log"
        wait_until(lambda: log.exists() and _READY.search(log.read_text("utf-8")) is not None)
        found = _READY.search(log.read_text("utf-8"))
        assert found is not None
        yield House(server, found[1])
