"""The queue of CUPS: the backend's file, the folder of sockets, the description (PPD), and `lpadmin`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pc_client.desktop.starting import find_program

BACKENDS, SOCKETS = Path("/usr/lib/cups/backend"), Path("/var/spool/distprint")
AUTOSTART = Path("/etc/xdg/autostart")
_BACKEND = Path(__file__).with_name("distprint.py")
_SECONDS = 60.0
_SIZES = {  # PWG 5101.1 in points: width, height
    "A4": (595, 842),
    "A3": (842, 1191),
    "A5": (420, 595),
    "B4": (729, 1032),
    "B5": (516, 729),
    "Letter": (612, 792),
    "Legal": (612, 1008),
    "Tabloid": (792, 1224),
}


class QueueError(Exception):
    """The queue cannot be made or removed; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are on this PC: the folders of CUPS' backends, of the accounts' sockets, and of the programs that
    start with each session (XDG Desktop Application Autostart)."""

    backends: Path = BACKENDS
    sockets: Path = SOCKETS
    autostart: Path = AUTOSTART

    @property
    def entry(self) -> Path:
        """The file by which sessions start the program that takes what is printed."""
        return self.autostart / "distserver-printer.desktop"


def install_queue(name: str, place: Place) -> bool:
    """Make the printer, or make it anew; whether sessions start its program from now on. Raises `QueueError`."""
    if not place.backends.is_dir():
        raise QueueError(f"{place.backends} is not there: install CUPS, or name its folder with --backends")
    try:
        _write_backend(place.backends / "distprint")
        place.sockets.mkdir(parents=True, exist_ok=True)
        place.sockets.chmod(0o1777)
        starts = place.autostart.is_dir()  # a PC without desktops has none
        if starts:
            place.entry.write_text(_ENTRY.format(program=find_program()), encoding="utf-8")
    except OSError as error:
        raise QueueError(f"{error.filename}: {error.strerror}: call this as root") from error
    with tempfile.NamedTemporaryFile("w", suffix=".ppd") as description:
        description.write(make_description())
        description.flush()
        told = ["-D", "Send to groups", "-P", description.name, "-o", "printer-is-shared=false"]
        _run("lpadmin", "-p", name, "-E", "-v", f"distprint:{place.sockets}", *told)
    return starts


def remove_queue(name: str, place: Place) -> None:
    """Take the printer out, and the backend when no other queue uses it. Raises `QueueError`."""
    if name in list_queues():
        _run("lpadmin", "-x", name)
    if list_queues():
        return
    try:
        (place.backends / "distprint").unlink(missing_ok=True)
        place.entry.unlink(missing_ok=True)
    except OSError as error:
        raise QueueError(f"{error.filename}: {error.strerror}: call this as root") from error
    with contextlib.suppress(OSError):  # sockets of sessions that run
        place.sockets.rmdir()


def list_queues() -> list[str]:
    """Names of the queues that print here. Raises `QueueError`."""
    found = []
    for line in _run("lpstat", "-v", may_fail=True).splitlines():  # device for NAME: URI
        head, _, uri = line.partition(": ")
        if uri.startswith("distprint:"):
            found.append(head.rpartition(" ")[2])
    return found


def release_held(user: str) -> list[str]:
    """Have the jobs of an account tried that were held as its program did not run; their names. Raises `QueueError`."""
    released = []
    for queue in list_queues():
        for line in _run("lpstat", "-W", "not-completed", "-u", user, "-o", queue, may_fail=True).splitlines():
            job = line.partition(" ")[0]
            if job.startswith(f"{queue}-"):
                _run("lp", "-i", job, "-H", "resume", may_fail=True)
                released.append(job)
    return released


def make_description() -> str:
    """A PPD that has CUPS make a PDF of whatever is printed (cupsFilter2), in colour, on the usual sizes of paper."""
    sizes = []
    for kind, text in (("PageSize", "PageSize"), ("PageRegion", "PageRegion")):
        sizes.append(f"*OpenUI *{kind}/Media Size: PickOne\n*OrderDependency: 10 AnySetup *{kind}\n*Default{text}: A4")
        sizes += [f'*{kind} {one}/{one}: "<</PageSize[{w} {h}]>>setpagedevice"' for one, (w, h) in _SIZES.items()]
        sizes.append(f"*CloseUI: *{kind}")
    sizes.append("*DefaultImageableArea: A4\n*DefaultPaperDimension: A4")
    sizes += [f'*ImageableArea {one}: "0 0 {w} {h}"' for one, (w, h) in _SIZES.items()]
    sizes += [f'*PaperDimension {one}: "{w} {h}"' for one, (w, h) in _SIZES.items()]
    return _HEAD + "\n".join(sizes) + "\n" + _DUPLEX


def _write_backend(target: Path) -> None:
    made = target.with_name(f".{target.name}.new")
    made.write_bytes(_BACKEND.read_bytes())
    made.chmod(0o755)  # readable for others: cupsd runs it as its own account, not as root
    made.replace(target)


def _run(*command: str, may_fail: bool = False) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, env=environment, check=False, errors="replace"
        )
    except FileNotFoundError as error:
        raise QueueError(f"{command[0]} is not there: install cups-client") from error
    except subprocess.TimeoutExpired as error:
        raise QueueError(f"{command[0]} does not come to an end: does CUPS run?") from error
    if done.returncode and not may_fail:
        raise QueueError(f"{command[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout


_ENTRY = """[Desktop Entry]
Type=Application
Name=Printer that sends to groups
Comment=Asks to whom what is printed shall go
Exec={program} printer run
Terminal=false
X-GNOME-Autostart-enabled=true
"""

_HEAD = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "DISTPRNT.PPD"
*Manufacturer: "Distserver"
*Product: "(Distserver)"
*ModelName: "Distserver groups"
*ShortNickName: "Distserver groups"
*NickName: "Distserver groups"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: True
*DefaultColorSpace: RGB
*FileSystem: False
*cupsVersion: 2.4
*cupsManualCopies: False
*cupsFilter2: "application/pdf application/pdf 0 -"
*cupsFilter2: "application/vnd.cups-pdf application/pdf 0 -"
"""

_DUPLEX = """*OpenUI *Duplex/Sides: PickOne
*OrderDependency: 20 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/One side: "<</Duplex false>>setpagedevice"
*Duplex DuplexNoTumble/Both sides, long edge: "<</Duplex true/Tumble false>>setpagedevice"
*Duplex DuplexTumble/Both sides, short edge: "<</Duplex true/Tumble true>>setpagedevice"
*CloseUI: *Duplex
"""
