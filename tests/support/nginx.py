"""Debian's nginx with the configuration of deploy/nginx, of which only ports and files are others."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificate import write_certificate
from tests.support.ippeveprinter import find_port
from tests.support.processes import find_descendants
from tests.support.sources import ROOT

CONFIGURATION = ROOT / "deploy/nginx/distserver.conf"
HOST = "127.0.0.1"
_START_SECONDS = 30.0

_AROUND = """daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 768; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/spool/body;
    proxy_temp_path {folder}/spool/proxy;
    fastcgi_temp_path {folder}/spool/fastcgi;
    uwsgi_temp_path {folder}/spool/uwsgi;
    scgi_temp_path {folder}/spool/scgi;
    include {folder}/distserver.conf;
}}
"""


@dataclass(frozen=True)
class Ports:
    """Where nginx listens instead of 443, 631 and 80."""

    tls: int
    plain: int
    redirect: int

    @property
    def settings(self) -> dict[str, str]:
        """What the server behind it is told, as the configuration's first lines say."""
        return {
            "public_url": f"https://{HOST}:{self.tls}",
            "ipp_url": f"ipp://{HOST}:{self.plain}",
            "ipps_url": f"ipps://{HOST}:{self.tls}",
            "proxy_hops": "1",
            "ipp_proxies": HOST,
        }


def choose_ports() -> Ports:
    """Three that are free now."""
    return Ports(find_port(), find_port(), find_port())


@dataclass(frozen=True)
class Nginx:
    """A running one. `certificate` is the file of its certificate."""

    process: subprocess.Popen[bytes]
    folder: Path
    ports: Ports
    certificate: Path

    def list_spooled(self) -> list[Path]:
        """The files that it keeps bodies in."""
        return [path for path in (self.folder / "spool").rglob("*") if path.is_file()]

    def measure_memory(self) -> int:
        """The most memory that a process of it has had, in octets."""
        pids = [self.process.pid, *(child.pid for child in find_descendants(self.process.pid))]
        status = "\n".join(Path(f"/proc/{pid}/status").read_text() for pid in pids)
        return max(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) << 10


@contextmanager
def run_nginx(folder: Path, ports: Ports, board: str, printers: str) -> Iterator[Nginx]:
    """In front of a board and of printers, each given as `host:port`, for as long as the block runs."""
    folder.mkdir()
    (folder / "spool").mkdir()
    certificate = write_certificate(folder / "server.pem")
    _write_configuration(folder, ports, board, printers, certificate)
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")],
            stdout=output,
            stderr=output,
        )
    try:
        _wait_until_ready(process, folder)
        yield Nginx(process, folder, ports, certificate)
    finally:
        process.terminate()
        process.wait(30)


def _write_configuration(folder: Path, ports: Ports, board: str, printers: str, certificate: Path) -> None:
    text = CONFIGURATION.read_text("utf-8")
    changes = {
        "listen 443 ssl;": f"listen {HOST}:{ports.tls} ssl;",
        "listen 631;": f"listen {HOST}:{ports.plain};",
        "listen 80;": f"listen {HOST}:{ports.redirect};",
        "listen [::]:443 ssl;": "",
        "listen [::]:631;": "",
        "listen [::]:80;": "",
        "server 127.0.0.1:8631;": f"server {board};",
        "server 127.0.0.1:8640;": f"server {printers};",
        "/etc/ssl/distserver/server.crt": str(certificate),
        "/etc/ssl/distserver/server.key": str(certificate),
    }
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "distserver.conf").write_text(text, "utf-8")
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder), "utf-8")


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not (folder / "nginx.pid").exists() or not find_descendants(process.pid):
        assert process.poll() is None, (folder / "output").read_text()
        assert time.monotonic() < until
        time.sleep(0.02)
