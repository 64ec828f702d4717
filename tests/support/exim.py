"""A real mail server (Debian's Exim) on a port of its own: mailboxes in a folder, reports where they belong.

It runs as Debian's user for it, below a folder of its own; nothing of the system's mail is touched. To start it as that
user, the tests must run as root.
"""

from __future__ import annotations

import contextlib
import email.policy
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

from tests.support.ippeveprinter import find_port
from tests.support.patience import wait_until

PROGRAM = "/usr/sbin/exim4"
LACKING = "Exim is not here: `apt-get install --no-install-recommends exim4-daemon-light` as root"
NOT_ROOT = "Exim is started for a user of its own: run these tests as root"
_USER = "Debian-exim"
_START_WAIT = 60.0
_CONFIGURATION = """
primary_hostname = mx.example.org
exim_user = {user}
exim_group = {user}
deliver_drop_privilege
spool_directory = {home}/spool
log_file_path = {home}/%slog
pid_file_path = {home}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
dsn_advertise_hosts = *
host_lookup =
keep_environment =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = take_all
acl_smtp_data = take_all

begin acl
take_all:
  accept

begin routers
boxes:
  driver = accept
  domains = example.org
  local_parts = {boxes}
  transport = box
back:
  driver = manualroute
  domains = {domain}
  route_data = 127.0.0.1
  self = send
  transport = back

begin transports
box:
  driver = appendfile
  directory = {home}/boxes/$local_part_data
  create_directory
  maildir_format
  user = {user}
back:
  driver = smtp
  protocol = lmtp
  port = {back}
  allow_localhost
  hosts_try_fastopen =

begin retry
* * F,1h,2s
"""


@dataclass
class MailServer:
    """What is for a mailbox at `example.org` lies there, what is for others at `example.org` comes back."""

    home: Path
    port: int

    def read_box(self, name: str) -> list[EmailMessage]:
        """The mails in `name@example.org`."""
        files = sorted((self.home / "boxes" / name / "new").glob("*"))
        read = [message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
        return [mail for mail in read if isinstance(mail, EmailMessage)]

    def read_log(self) -> str:
        """What it did."""
        return "".join(file.read_text(errors="replace") for file in sorted(self.home.glob("*log")))


def lacks_exim() -> str:
    """Why it cannot run here, or nothing."""
    if not os.access(PROGRAM, os.X_OK):
        return LACKING
    return "" if os.geteuid() == 0 else NOT_ROOT


@contextlib.contextmanager
def run_exim(domain: str, back: int, *boxes: str) -> Iterator[MailServer]:
    """Start one with these mailboxes, and end it by its process id. What is for `domain` it hands to the LMTP server at
    the port `back`."""
    # Not below pytest's folder: its user must be able to walk there.
    home = Path(tempfile.mkdtemp(prefix="exim-"))
    user = pwd.getpwnam(_USER)
    server = MailServer(home, find_port())
    (home / "spool").mkdir()
    settings = home / "exim.conf"
    said = {"home": home, "port": server.port, "domain": domain, "back": back, "boxes": " : ".join(boxes)}
    settings.write_text(_CONFIGURATION.format(user=_USER, **said))
    for path in (home, home / "spool"):
        os.chown(path, user.pw_uid, user.pw_gid)
    command = [PROGRAM, "-C", str(settings), "-bdf", "-q2s"]
    with (home / "errorlog").open("wb") as log:
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        process = subprocess.Popen(command, stdout=log, stderr=log, **owner)
    try:
        _wait_until_open(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(_START_WAIT)
        wait_until(lambda: _is_removed(home))


def _is_removed(home: Path) -> bool:
    """Deliveries that are under way outlive the server for an instant, and still write."""
    shutil.rmtree(home, ignore_errors=True)
    return not home.exists()


def _wait_until_open(server: MailServer, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_WAIT
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5):
            return
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Exim does not run: {server.read_log()}")
        time.sleep(0.1)
