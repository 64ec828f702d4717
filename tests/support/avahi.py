"""A network of its own, with an avahi-daemon on it and one printer of somebody else's: what Linux clients find there.

`find_with_avahi` starts this module in fresh namespaces, in which it has loopback, `/run` and the users to itself;
nothing outside hears of it. What it finds goes to its output, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from distserver.intake.ipp.announcement.announcer import Announcer
from tests.support.announcing import PACE, make_printer, make_scope, uuid_of, wait_until
from tests.support.sources import ROOT

FOREIGN = "総務 の複合機"
"""The name that avahi has given to another printer."""
JAPANESE = "営業所 西.日本"

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path={bus}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/>
<allow receive_sender="*"/></policy></busconfig>
"""
_DAEMON = """[server]
host-name=peer
use-ipv6=no
allow-interfaces=lo
[wide-area]
enable-wide-area=no
[publish]
publish-workstation=no
"""
_FIND = ("{service_name}", "{service_uri}", "{txt_rp}", "{txt_pdl}", "{txt_UUID}")


def find_with_avahi(folder: Path) -> dict[str, list[list[str]]]:
    """What ippfind finds of our printers, by what it looked for; `after` is after one was withdrawn."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *as_root, "--net", "--mount", "--pid", "--fork", "--kill-child", sys.executable, "-m"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, __name__, str(folder)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    if "filesystem propagation" in done.stderr:
        pytest.skip("a chroot cannot have mounts of its own, and avahi needs some")
    assert done.returncode == 0, done.stderr
    found: dict[str, list[list[str]]] = json.loads(done.stdout)
    return found


async def _look(folder: Path) -> dict[str, list[list[str]]]:
    ours = make_printer(JAPANESE, path="/ipp/print/%E8%A5%BF", fax_path="/ipp/faxout/%E8%A5%BF", uuid=uuid_of("77"))
    late = make_printer(FOREIGN, uuid=uuid_of("3fa9c2"))
    async with _started("dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nopidfile"):
        await wait_until((folder / "bus").exists)
        daemon = ("avahi-daemon", "-f", str(folder / "avahi.conf"), "--no-drop-root", "--no-chroot", "--no-rlimits")
        async with _started(*daemon):
            await wait_until(Path("/run/avahi-daemon/socket").exists)
            async with _started("avahi-publish", "-s", FOREIGN, "_ipp._tcp", "631", "rp=ipp/print") as publishing:
                assert publishing.stderr is not None
                assert b"Established" in await publishing.stderr.readline()
                announcer = Announcer(make_scope(), PACE)
                announcer.follow([ours, late])
                await announcer.start()
                await wait_until(lambda: len(announcer.names) == 2)
                await asyncio.sleep(1)
                found = {kind: await _find(kind) for kind in ("_ipp._tcp", "_ipp._tcp,_universal", "_ipps._tcp,_print")}
                found["_fax-ipp._tcp"] = await _browse("_fax-ipp._tcp")
                announcer.follow([late])
                await wait_until(lambda: len(announcer.names) == 1)
                await asyncio.sleep(1.5)
                found["after"] = await _find("_ipp._tcp")
                await announcer.stop()
    return found


async def _find(kind: str) -> list[list[str]]:
    """Name, URI, rp, pdl and UUID of each, as ippfind hands them to a command."""
    command = ("ippfind", "-T", "3", kind, "-x", "printf", r"%s\t%s\t%s\t%s\t%s\n", *_FIND, ";")
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    return sorted(line.split("\t") for line in output.decode().splitlines())


async def _browse(kind: str) -> list[list[str]]:
    """Name, port and TXT of each, of types that ippfind does not know."""
    process = await asyncio.create_subprocess_exec("avahi-browse", "-rpkt", kind, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    rows = [line.split(";", 9) for line in output.decode().splitlines() if line.startswith("=")]
    return sorted([_unescape(row[3]), row[8], row[9]] for row in rows)


def _unescape(text: str) -> str:
    """avahi writes octets as \\DDD."""
    return re.sub(rb"\\(\d{3})", lambda match: bytes([int(match[1])]), text.encode()).decode()


@asynccontextmanager
async def _started(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        await process.communicate()


def _prepare(folder: Path) -> None:
    """Loopback up; `/run` empty; a user `avahi`, which the daemon asks for, whether the system has one or not."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    for file, line in (("passwd", "avahi:x:190:190::/:/bin/false"), ("group", "avahi:x:190:")):
        text = Path("/etc", file).read_text()
        if "\navahi:" not in text:
            (folder / file).write_text(f"{text}{line}\n")
            subprocess.run(["mount", "--bind", str(folder / file), f"/etc/{file}"], check=True)
    (folder / "bus.conf").write_text(_BUS.format(bus=folder / "bus"))
    (folder / "avahi.conf").write_text(_DAEMON)
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={folder / 'bus'}"


if __name__ == "__main__":
    place = Path(sys.argv[1])
    _prepare(place)
    print(json.dumps(asyncio.run(_look(place))))
