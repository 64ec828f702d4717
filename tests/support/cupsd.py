"""Starts a CUPS server of our own on the loopback: Debian's cupsd with private folders, and a backend that keeps what
it is sent. Nothing of the system's own CUPS is touched."""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.ippeveprinter import find_port

PROGRAM = "/usr/sbin/cupsd"
_PROGRAMS = Path("/usr/lib/cups")
_START_WAIT = 60.0

_BACKEND = """#!/bin/sh
# keep:FOLDER writes each job to FOLDER/JOB-ID. While FOLDER/empty is there it is out of paper. What stands in
# FOLDER/attributes it tells of the printer, as backends do.
[ $# = 0 ] && { echo 'direct keep "Unknown" "Keeps what it is sent"'; exit 0; }
folder=${DEVICE_URI#keep:}
[ -e "$folder/attributes" ] && sed 's/^/ATTR: /' "$folder/attributes" >&2
if [ -e "$folder/empty" ]; then
  echo "STATE: +media-empty-error" >&2
  while [ -e "$folder/empty" ]; do sleep 0.1; done
  echo "STATE: -media-empty-error" >&2
fi
printf '%s\\n' "copies=$4 $5" > "$folder/$1.options"
chmod 644 "$folder/$1.options"
cat "${6:--}" > "$folder/$1.part" && chmod 644 "$folder/$1.part" && mv "$folder/$1.part" "$folder/$1"
echo "PAGE: 1 1" >&2
"""

_FILES = """
SystemGroup root
User {user}
Group {group}
ServerRoot {home}/etc
StateDir {home}/run
RequestRoot {home}/spool
CacheDir {home}/cache
TempDir {home}/tmp
ServerBin {home}/programs
DataDir /usr/share/cups
DocumentRoot /usr/share/cups/doc-root
ServerKeychain {home}/etc/ssl
AccessLog {home}/log/access
ErrorLog {home}/log/error
PageLog {home}/log/page
Printcap
"""

_SETTINGS = """
Listen 127.0.0.1:{port}
Listen {socket}
LogLevel warn
MaxLogSize 0
Browsing No
WebInterface No
DefaultAuthType None
DefaultPaperSize A4
<Location />
  Order allow,deny
  Allow localhost
</Location>
<Location /admin>
  Order allow,deny
  Allow localhost
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""


class CupsServer:
    """A running cupsd. `socket` is the path of its socket, `port` its port on 127.0.0.1."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.socket = home / "run" / "cups.sock"

    def add_queue(self, name: str) -> CupsQueue:
        """A raw queue that keeps what it is sent, as it came."""
        folder = self.home / "out" / name
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        self.run("lpadmin", "-p", name, "-E", "-v", f"keep:{folder}", "-m", "raw")
        return CupsQueue(name, folder)

    def add_driverless(self, name: str, uri: str, model: str = "everywhere") -> None:
        """A queue on an IPP printer, described by the printer itself; waits until the printer is there and the
        description written, which CUPS does behind the command's back."""
        made = self.home / "etc" / "ppd" / f"{name}.ppd"
        end = time.monotonic() + _START_WAIT
        while True:
            try:
                self.run("lpadmin", "-p", name, "-E", "-v", uri, "-m", model)
                break
            except subprocess.CalledProcessError as error:
                if time.monotonic() > end:
                    raise RuntimeError(error.stderr.decode(errors="replace")) from error
                time.sleep(0.5)
        while not made.exists():
            if time.monotonic() > end:
                raise RuntimeError(f"{name} has no description: {_read_logs(self.home)}")
            time.sleep(0.1)

    @property
    def environment(self) -> dict[str, str]:
        """For programs that shall print here."""
        return {**os.environ, "CUPS_SERVER": str(self.socket), "PATH": f"{os.environ['PATH']}:/usr/sbin"}

    def run(self, *command: str) -> str:
        """Run one of CUPS' own commands against this server; what it said."""
        said = subprocess.run(command, env=self.environment, check=True, capture_output=True, timeout=60)
        return said.stdout.decode(errors="replace")


class CupsQueue:
    """A queue and the folder of what came out of it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder

    def read_documents(self) -> list[bytes]:
        """Every document that came out, oldest first."""
        return [self.folder.joinpath(str(number)).read_bytes() for number in self.list_jobs()]

    def list_jobs(self) -> list[int]:
        """Numbers of the jobs that came out."""
        return sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdigit())

    def read_options(self, job: int) -> str:
        """The options that CUPS gave to the backend, after `copies`."""
        return (self.folder / f"{job}.options").read_text().strip()

    def load_paper(self, present: bool) -> None:
        """Empty or fill the tray."""
        empty = self.folder / "empty"
        empty.unlink(missing_ok=True) if present else empty.touch()


@contextlib.contextmanager
def run_cups_server() -> Iterator[CupsServer]:
    """Start one, wait until it answers, and end it by its process id."""
    # Not below pytest's folder: cupsd's filters and backends run as another user, who must be able to walk there.
    home = Path(tempfile.mkdtemp(prefix="cups-", dir="/tmp"))
    try:
        _lay_out(home)
        server = CupsServer(home, find_port())
        (home / "etc" / "cupsd.conf").write_text(_SETTINGS.format(port=server.port, socket=server.socket))
        command = [PROGRAM, "-f", "-c", home / "etc" / "cupsd.conf", "-s", home / "etc" / "cups-files.conf"]
        with (home / "log" / "stdout").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_until_open(process, server)
            yield server
        finally:
            for flag in (home / "out").glob("*/empty"):
                flag.unlink(missing_ok=True)  # a backend that waits for paper goes home
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _lay_out(home: Path) -> None:
    root = os.geteuid() == 0
    user, group = ("lp", "lp") if root else (getpass.getuser(), grp.getgrgid(os.getegid()).gr_name)
    home.chmod(0o755)
    for name in ("etc/ssl", "etc/ppd", "run/certs", "cache", "spool", "log", "tmp", "out", "programs/backend"):
        (home / name).mkdir(parents=True)
    for name, mode in (("spool", 0o710), ("cache", 0o770), ("tmp", 0o1770), ("out", 0o1777)):
        (home / name).chmod(mode)
        if root:
            shutil.chown(home / name, "root", group)
    for program in _PROGRAMS.iterdir():
        if program.name != "backend":
            (home / "programs" / program.name).symlink_to(program)
    for backend in (_PROGRAMS / "backend").iterdir():
        (home / "programs" / "backend" / backend.name).symlink_to(backend)
    keeper = home / "programs" / "backend" / "keep"
    keeper.write_text(_BACKEND)
    keeper.chmod(0o755)
    (home / "etc" / "cups-files.conf").write_text(_FILES.format(home=home, user=user, group=group))


def _read_logs(home: Path) -> str:
    return "\n".join(path.read_text(errors="replace") for path in (home / "log").iterdir())


def _wait_until_open(process: subprocess.Popen[bytes], server: CupsServer) -> None:
    end = time.monotonic() + _START_WAIT
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"cupsd ended at once: {_read_logs(server.home)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 5):
            return
        time.sleep(0.05)
    raise RuntimeError("cupsd does not listen")
