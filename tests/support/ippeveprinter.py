"""Starts Debian's `ippeveprinter` (CUPS) on a loopback port: a real printer program, without avahi or D-Bus."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import itertools
import os
import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAM = "ippeveprinter"
_COMMAND = """#!/bin/sh
# The printing mechanism: tells the printer's state on standard error, as ippeveprinter's commands do.
if [ -e "{empty}" ]; then
  echo "STATE: +media-empty" >&2
  while [ -e "{empty}" ]; do sleep 0.1; done
  echo "STATE: -media-empty" >&2
fi
exit 0
"""
_START_WAIT = 60.0


@functools.cache
def build_stub() -> Path:
    """Compile the stand-in for libavahi, once for all printers of this process; needs gcc."""
    folder = tempfile.TemporaryDirectory(prefix="noavahi-")
    atexit.register(folder.cleanup)
    library = Path(folder.name) / "noavahi.so"
    source = Path(__file__).with_name("noavahi.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


@functools.cache
def _shuffle_ports() -> Iterator[tuple[int, int]]:
    """Ports that the system never gives by itself (its own begin at 32768), each with the file that locks it.

    A step of 16: a server opens the next ports as well (`PRINTERS_ABOVE`).
    """
    locks = os.open(Path(tempfile.gettempdir(), f"ports-of-tests-{os.getuid()}"), os.O_CREAT | os.O_RDWR, 0o600)
    ports = list(range(20_000, 32_000, 16))
    random.SystemRandom().shuffle(ports)
    return ((port, locks) for port in itertools.cycle(ports))


def find_port() -> int:
    """A port of the loopback that is free, and stays so until who asked binds it, or binds it anew.

    Whoever binds port 0 is never given it, and it is locked against every other test run until this process ends.
    """
    for port, locks in itertools.islice(_shuffle_ports(), 10_000):
        with contextlib.suppress(OSError), socket.socket() as probe:
            fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


class EvePrinter:
    """A running ippeveprinter. `spool` keeps what it was sent."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, spool: Path) -> None:
        self.process = process
        self.port = port
        self.spool = spool
        self.uri = f"ipp://localhost:{port}/ipp/print"

    def read_documents(self) -> list[bytes]:
        """Every document it was sent, oldest first."""
        files = [path for path in self.spool.iterdir() if path.is_file() and path.suffix != ".prn"]
        return [path.read_bytes() for path in sorted(files, key=lambda path: int(path.name.split("-")[0]))]

    def load_paper(self, present: bool) -> None:
        """Its print command says `media-empty` and waits while the file `empty` lies beside the spool."""
        empty = self.spool.with_name("empty")
        empty.unlink(missing_ok=True) if present else empty.touch()


@contextlib.contextmanager
def run_eve_printer(
    folder: Path,
    *,
    formats: str = "application/pdf,image/pwg-raster,image/urf,image/jpeg",
    command: str | None = None,
) -> Iterator[EvePrinter]:
    """Start one under `folder`, wait until it answers, and end it by its process id.

    `command` is what it prints by; without, it is the one that `load_paper` speaks of, and files are kept.
    """
    spool = folder / "spool"
    spool.mkdir()
    mechanism = folder / "mechanism"
    mechanism.write_text(_COMMAND.format(empty=folder / "empty"))
    mechanism.chmod(0o755)
    port = find_port()
    keeping = ["-k", "-c", str(mechanism)] if command is None else ["-c", command]
    arguments = [PROGRAM, "-n", "localhost", "-p", str(port), "-d", str(spool), "-f", formats, *keeping]
    environment = {**os.environ, "LD_PRELOAD": str(build_stub()), "LC_ALL": "C.UTF-8"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*arguments, "Contract"], env=environment, stdout=log, stderr=log)
    try:
        _wait_until_open(process, port, folder / "log")
        yield EvePrinter(process, port, spool)
    finally:
        (folder / "empty").unlink(missing_ok=True)  # a mechanism that waits goes home
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _START_WAIT
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{PROGRAM} ended at once: {log.read_text()}")
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{PROGRAM} does not listen: {log.read_text()}")
