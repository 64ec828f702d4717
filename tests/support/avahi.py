"""avahi-daemon on the network that the calling thread is in (`network.py`), and what Linux clients find through it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path={bus}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/>
<allow receive_sender="*"/></policy></busconfig>
"""
_DAEMON = """[server]
host-name={host}
use-ipv6=no
allow-interfaces={interface}
[wide-area]
enable-wide-area=no
[publish]
publish-workstation=no
"""
_FIND = ("{service_name}", "{service_uri}", "{txt_rp}", "{txt_pdl}", "{txt_UUID}")
_START_SECONDS, _FIND_SECONDS = 30.0, 60.0


@dataclass(frozen=True)
class Service:
    """One that avahi-browse has resolved. `txt` is by key."""

    name: str
    host: str
    address: str
    port: int
    txt: dict[str, str]


@dataclass
class Watch:
    """What avahi-browse has told of one type: names with `+` when they came and `-` when they went."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def has(self, sign: str, name: str) -> bool:
        return (sign, name) in self.lines


@dataclass(frozen=True)
class Avahi:
    """A running daemon; its clients are to be started on the same network."""

    environment: dict[str, str]

    def find(self, kind: str, count: int) -> list[list[str]]:
        """Name, URI, rp, pdl and UUID of each, as ippfind hands them to a command; it looks for three seconds, and is
        started again while it has not found so many."""
        until = time.monotonic() + _FIND_SECONDS
        while True:
            found = sorted(self.find_each(kind, "printf", r"%s\t%s\t%s\t%s\t%s\n", *_FIND))
            if len(found) == count or time.monotonic() > until:
                return found

    def find_each(self, kind: str, *command: str, name: str = ".") -> list[list[str]]:
        """What `ippfind KIND --exec COMMAND` prints, line by line, cut at tabs; of those whose name matches `name`."""
        done = subprocess.run(
            ["ippfind", "-T", "3", kind, "--name", name, "--exec", *command, ";"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return [line.split("\t") for line in done.stdout.splitlines()]

    def browse(self, kind: str) -> list[Service]:
        """All of a type, resolved over IPv4, by name."""
        done = self._run("avahi-browse", "-rpkt", kind)
        rows = [line.split(";", 9) for line in done.splitlines() if line.startswith("=") and ";IPv4;" in line]
        made = [Service(_unescape(r[3]), r[6], r[7], int(r[8]), _read_txt(r[9])) for r in rows]
        return sorted(made, key=lambda one: one.name)

    @contextmanager
    def watching(self, kind: str) -> Iterator[Watch]:
        """Follow what comes and goes of a type for as long as the block runs."""
        watch = Watch()
        with self._started("avahi-browse", "-pk", kind) as process:
            assert process.stdout is not None
            reading = threading.Thread(target=_follow, args=(process.stdout, watch.lines))
            reading.start()
            yield watch
        reading.join()
        process.stdout.close()

    @contextmanager
    def publishing(self, name: str) -> Iterator[None]:
        """A printer of somebody else's, for as long as the block runs."""
        with self._started("avahi-publish", "-s", name, "_ipp._tcp", "631", "rp=ipp/print") as process:
            assert process.stdout is not None
            assert "Established" in process.stdout.readline()
            yield
        process.stdout.close()

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    @contextmanager
    def _started(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def run_avahi(folder: Path, interface: str = "lo", host: str = "peer") -> Iterator[Avahi]:
    """A daemon on one interface, with a bus of its own, for as long as the block runs."""
    folder.mkdir(parents=True, exist_ok=True)
    bus = folder / "bus"
    (folder / "bus.conf").write_text(_BUS.format(bus=bus))
    (folder / "avahi.conf").write_text(_DAEMON.format(interface=interface, host=host))
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    options = ("--no-drop-root", "--no-chroot", "--no-rlimits", "-f", str(folder / "avahi.conf"))
    with ExitStack() as stack:
        command = ["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nopidfile"]
        stack.enter_context(_daemon(command, environment, folder / "bus.log"))
        _wait_for(bus.exists, folder / "bus.log")
        program = shutil.which("avahi-daemon") or "/usr/sbin/avahi-daemon"
        stack.enter_context(_daemon([*_alone(), program, *options], environment, folder / "avahi.log"))
        _wait_for(lambda: "Server startup complete" in (folder / "avahi.log").read_text(), folder / "avahi.log")
        yield Avahi(environment)


def _alone() -> list[str]:
    """With a `/run` of its own the daemon minds no other one. In a chroot that takes a `/run` which is a mount already;
    where there is none, it takes the system's, and there may be no other."""
    for options, before in (([], "true"), (["--propagation", "unchanged"], "mount --make-private /run")):
        script = f'{before} && mount -t tmpfs tmpfs /run && exec "$@"'
        command = ["unshare", "--mount", *options, "sh", "-c", script, "sh"]
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    return []


@contextmanager
def _daemon(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(true: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not true():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)


def _follow(lines: Iterable[str], found: list[tuple[str, str]]) -> None:
    for line in lines:
        parts = line.rstrip("\n").split(";")
        if len(parts) > 3:
            found.append((parts[0], _unescape(parts[3])))


def _read_txt(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in re.findall(r'"((?:[^"\\]|\\.)*)"', text))
    return {_unescape(key): _unescape(value) for key, _, value in pairs}


def _unescape(text: str) -> str:
    """avahi writes octets as \\DDD."""
    return re.sub(rb"\\(\d{3})", lambda match: bytes([int(match[1])]), text.encode()).decode()
