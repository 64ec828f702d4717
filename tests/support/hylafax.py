"""Starts a HylaFAX of our own on the loopback: Debian's hfaxd, faxq and faxsend in a private folder, with the modems of
`tests.support.telephone`. Nothing of the system's own HylaFAX is touched.

faxq insists on real root, so these tests are passed over for others. What the configuration has to say, and why, stands
beside each line: it is what a set-up without faxgetty (sending only) needs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.ippeveprinter import find_port
from tests.support.telephone.exchange import Exchange, lacks_spandsp, run_exchange

_PROGRAMS = Path("/usr/lib/hylafax/bin")
_HFAXD, _FAXQ, _FAXGETTY = "/usr/sbin/hfaxd", "/usr/sbin/faxq", "/usr/sbin/faxgetty"
_SHIM = "hasty_sleep.so"
_FOLDERS = [
    "archive",
    "bin",
    "client",
    "config",
    "dev",
    "docq",
    "doneq",
    "etc",
    "info",
    "log",
    "pollq",
    "recvq",
    "sendq",
    "status",
    "tmp",
]
_START_WAIT = 60.0
ADMINISTRATOR = "sesame"
_ADMINISTRATOR = "$1$distserv$6VMGMX0mT.nfKxVVNMtll1"  # of `openssl passwd -1`
LACKING = (
    "HylaFAX is not here: `apt-get install --no-install-recommends hylafax-server hylafax-client libspandsp2` as root"
)
NOT_ROOT = "HylaFAX's scheduler faxq runs as root only: run these tests as root"

_SERVER = """
CountryCode: 81
AreaCode: 3
LongDistancePrefix: 0
InternationalPrefix: 010
DialStringRules: etc/dialrules
ServerTracing: 0x001
MaxConcurrentCalls: 1
MaxBatchJobs: {batch}
PostScriptTimeout: 60
NotifyCmd: bin/notify.quiet
SendFaxCmd: bin/faxsend.hasty
"""
"""`SendFaxCmd`: Debian's /usr/sbin/faxsend mounts /etc/hylafax over the spool's; the real one stands elsewhere."""

_MODEM = """
CountryCode: 81
AreaCode: 3
FAXNumber: +81.3.5550.00{number}
LocalIdentifier: "DISTSERVER {number}"
LongDistancePrefix: 0
InternationalPrefix: 010
DialStringRules: etc/dialrules
ServerTracing: 1
SessionTracing: 11
LogFileMode: 0644
DeviceMode: 0666
SpeakerVolume: off
TagLineFont: etc/lutRS18.pcf
TagLineFormat: "From %%l|%c|Page %%P of %%T"
JobRetryBusy: 2
JobRetryNoAnswer: 2
JobRetryNoCarrier: 2
JobRetryOther: 2
ModemType: Class1
ModemRate: 38400
ModemFlowControl: none
Class1AdaptRecvCmd: AT+FAR=1
Class1TMConnectDelay: 0
ModemResetDelay: 0
ModemSoftResetCmdDelay: 0
ModemBaudRateDelay: 0
ModemDTRDropDelay: 0
ModemReadyDelay: 0
FaxT4Timer: 1000
"""
"""`FaxT4Timer`: how long an answer may take before it is asked for again, up to three times. Over a line that runs as
fast as the machine, a second is as good as the three of T.30 §5."""
_RECEIVING = """
RingsBeforeAnswer: 2
CallIDPattern: "NMBR="
CallIDPattern: "NAME="
CallIDPattern: "NDID="
RecvFileMode: 0644
FaxRcvdCmd: bin/notify.quiet
GettyArgs: ""
"""
"""A modem with faxgetty takes calls. What the exchange tells of a call: who calls, by which name, which number."""

_HASTY = """#!/bin/sh
LD_PRELOAD={shim} exec {faxsend} "$@"
"""
_QUIET = """#!/bin/sh
exit 0
"""


class HylaFax:
    """A running HylaFAX. `port` is hfaxd's on 127.0.0.1; `exchange` has its lines and the far ends; the modems
    `receiving` take calls."""

    def __init__(self, spool: Path, port: int, exchange: Exchange, receiving: int = 0) -> None:
        self.spool = spool
        self.port = port
        self.exchange = exchange
        self.receiving = exchange.devices[len(exchange.devices) - receiving :]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ended = threading.Event()
        self._waker: threading.Thread | None = None

    @property
    def server(self) -> str:
        """As the option `server=` has it."""
        return f"hylafax://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start scheduler and server, and hand the modems over."""
        self._processes["faxq"] = self._spawn(_FAXQ, "-D", "-q", str(self.spool))
        _wait_for(lambda: _is_read(self.spool / "FIFO"), "faxq does not start")
        self.start_server()
        for device in self.receiving:
            environment = {**os.environ, "LD_PRELOAD": str(self.spool.parent / _SHIM)}
            self._processes[device] = self._spawn(_FAXGETTY, "-q", str(self.spool), device, environment=environment)
        for device in self.exchange.devices[: len(self.exchange.devices) - len(self.receiving)]:
            command = [str(_PROGRAMS / "faxmodem"), "-q", str(self.spool), _name_modem(device)]
            subprocess.run(command, check=True, cwd=self.spool)
        for device in self.receiving:  # a ring before that upsets it
            _wait_for(lambda one=device: self.is_idle(one), "faxgetty does not start")
        self._waker = threading.Thread(target=self._keep_awake, daemon=True)
        self._waker.start()

    def is_idle(self, device: str) -> bool:
        """Whether a modem that takes calls is ready for the next one."""
        with contextlib.suppress(OSError):
            return "idle" in (self.spool / "status" / _name_modem(device)).read_text()
        return False

    def start_server(self) -> None:
        """Start hfaxd, which clients talk to."""
        self._processes["hfaxd"] = self._spawn(
            _HFAXD, "-d", "-q", str(self.spool), "-l", "127.0.0.1", "-i", str(self.port)
        )
        _wait_for(lambda: _listens(self.port), "hfaxd does not listen")

    def kill_server(self) -> None:
        """`kill -9` for hfaxd and every session of it; faxq and the calls go on."""
        process = self._processes.pop("hfaxd")
        _kill_group(process)

    def stop(self) -> None:
        """End all of it, calls too."""
        self._ended.set()
        if self._waker is not None:
            self._waker.join()
        for process in self._processes.values():
            _kill_group(process)

    def send_with_sendfax(self, number: str, file: Path) -> int:
        """What HylaFAX's own client does; the job's number."""
        command = ["sendfax", "-h", f"127.0.0.1:{self.port}", "-n", "-d", number, str(file)]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        return int(said.split("request id is ")[1].split()[0])

    def read_job(self, number: int) -> dict[str, str]:
        """What the spool says of a job, of whichever queue."""
        for queue in ("doneq", "sendq"):
            with contextlib.suppress(OSError):
                lines = (self.spool / queue / f"q{number}").read_text().splitlines()
                return {"queue": queue} | dict(line.split(":", 1) for line in lines if ":" in line)
        return {}

    def find_waiting(self, number: str) -> list[str]:
        """The records of jobs to this number (as it was shown to HylaFAX) that have not ended."""
        records = [path.read_text() for path in (self.spool / "sendq").glob("q*")]
        return [record for record in records if f"external:{number}\n" in record]

    def _spawn(self, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        log = (self.spool.parent / f"{Path(command[0]).name}.log").open("ab")
        with log:
            # A group of its own: hfaxd has a process for each session, faxq one for each call.
            return subprocess.Popen(
                command, cwd=self.spool, stdout=log, stderr=log, start_new_session=True, env=environment
            )

    def _keep_awake(self) -> None:
        """Poke faxq all the time with a modem that comes and goes: 6.0.7 sleeps through a job that becomes ready in
        the second of its last look, until something else happens. Calls that take minutes hide that."""
        while not self._ended.wait(0.2):
            with contextlib.suppress(OSError):
                fifo = os.open(self.spool / "FIFO", os.O_WRONLY | os.O_NONBLOCK)
                try:
                    os.write(fifo, b"+poke:R\0+poke:D\0")
                finally:
                    os.close(fifo)


@contextlib.contextmanager
def run_hylafax(lines: int = 1, *, receiving: int = 0, batch: int = 64) -> Iterator[HylaFax]:
    """Start a HylaFAX with so many lines to call over, and further ones for calls that come in; `batch` is how many
    jobs may ride one call. Skips where it may not run."""
    if os.getuid() != 0:
        pytest.skip(NOT_ROOT)
    if not (Path(_HFAXD).exists() and (_PROGRAMS / "faxsend").exists()) or lacks_spandsp():
        pytest.fail(LACKING)
    # Not below pytest's own folder: HylaFAX works as uucp, which may not go there.
    home = Path(tempfile.mkdtemp(prefix="hylafax-", dir="/tmp"))
    home.chmod(0o755)
    try:
        with run_exchange(home / "exchange", lines + receiving) as exchange:
            spool = _make_spool(home, exchange.devices, receiving, batch)
            hylafax = HylaFax(spool, find_port(), exchange, receiving)
            try:
                hylafax.start()
                yield hylafax
            finally:
                hylafax.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _make_spool(home: Path, devices: list[str], receiving: int, batch: int) -> Path:
    spool = home / "spool"
    for folder in _FOLDERS:
        (spool / folder).mkdir(parents=True)
    shutil.copytree("/var/spool/hylafax/bin", spool / "bin", dirs_exist_ok=True)
    shutil.copytree("/etc/hylafax", spool / "etc", dirs_exist_ok=True)
    _write(spool / "etc" / "config", _SERVER.format(batch=batch))
    _write(
        spool / "etc" / "hosts.hfaxd", f"127.0.0.1:::{_ADMINISTRATOR}\nlocalhost\n", 0o600
    )  # hfaxd refuses one that others can read
    _write(spool / "etc" / "hfaxd.conf", "LogFacility: daemon\nServerTracing: 0x001\n")
    _write(spool / "bin" / "faxsend.hasty", _HASTY.format(shim=_build_shim(home), faxsend=_PROGRAMS / "faxsend"), 0o755)
    _write(spool / "bin" / "notify.quiet", _QUIET, 0o755)
    for number, device in enumerate(devices):
        more = _RECEIVING if number >= len(devices) - receiving else ""
        _write(spool / "etc" / f"config.{_name_modem(device)}", _MODEM.format(number=number) + more)
        shutil.chown(device, "uucp")
    for path in [spool, *spool.rglob("*")]:
        shutil.chown(path, "uucp", "uucp")
    (spool / "tmp").chmod(0o1777)
    return spool


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.write_text(text)
    path.chmod(mode)


def _build_shim(home: Path) -> Path:
    library = home / _SHIM
    source = Path(__file__).with_name("hasty_sleep.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    library.chmod(0o755)
    return library


def _name_modem(device: str) -> str:
    """HylaFAX's name of a device: /dev/pts/3 is pts_3."""
    return device.removeprefix("/dev/").replace("/", "_")


def _is_read(fifo: Path) -> bool:
    """Somebody reads from it: the scheduler is there."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _wait_for(condition: object, words: str) -> None:
    assert callable(condition)
    end = time.monotonic() + _START_WAIT
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(words)
        time.sleep(0.05)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
