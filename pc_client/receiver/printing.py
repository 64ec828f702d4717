"""Prints a document on a printer of this PC (a queue of CUPS) or of the network, over IPP; or lays it into a folder."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from distwire.ipp import attribute
from distwire.ipp import values as v
from distwire.ipp.attributes import Group
from distwire.ipp.body import DocumentFile
from distwire.ipp.client import Endpoint, IppClient, TransferError
from distwire.ipp.enums import JobState, Operation
from distwire.ipp.errors import IppError
from distwire.ipp.values import cut_octets
from pc_client.desktop.refusals import Refusal

_PDF = "application/pdf"
_UNSAFE = re.compile(r"[^\w.\- ()]+")
_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE)
_REFUSALS = range(0x0400, 0x0500)
_LONGEST_NAME = 255
"""Octets that file systems allow (NAME_MAX of Linux)."""


class NotPrinted(Refusal):
    """The words say why. `doubtful`: it may have come out all the same. `refused`: the printer does not take this one,
    and may take others (client errors, RFC 8011 Appendix B.1.4)."""

    def __init__(self, words: str, keyword: str, *, doubtful: bool = False, refused: bool = False) -> None:
        super().__init__(words, keyword)
        self.doubtful, self.refused = doubtful, refused


@dataclass(frozen=True, slots=True)
class Printout:
    """A document to be printed; `name` tells it from all others at the printer."""

    path: Path
    title: str
    name: str
    copies: int = 1


def print_on(printer: str, printout: Printout) -> None:
    """Print it; a printer that is asked twice for the same name prints it once. Raises `NotPrinted`."""
    uri = locate(printer)
    try:
        asyncio.run(_give(uri, printout))
    except TransferError as error:
        raise NotPrinted(f"{printer} cannot be reached: {error}", "printer-away", doubtful=error.begun) from error
    except (IppError, ValueError) as error:
        raise NotPrinted(f"{printer} cannot be used: {error}", "printer-not-usable") from error
    except OSError as error:
        raise NotPrinted(f"the document cannot be read: {error.strerror or error}", "disk-error") from error


def locate(printer: str) -> str:
    """The IPP URI of `cups:QUEUE` on this PC, or of a printer in the network. Raises `NotPrinted`."""
    kind, _, rest = printer.partition(":")
    if kind == "cups" and rest:
        return f"ipp://{find_cups()}/printers/{rest}"
    if kind not in ("ipp", "ipps"):
        raise NotPrinted(f"{printer} is no printer: write ipp://HOST/ipp/print, or cups:QUEUE", "no-printer")
    return printer


def find_cups() -> str:
    """HOST:PORT of the CUPS of this PC, or that `$CUPS_SERVER` names."""
    said = os.environ.get("CUPS_SERVER", "").partition("/")[0]
    if not said or not said.strip(":"):
        return "localhost:631"
    return said if ":" in said else f"{said}:631"


def lay_into(folder: Path, printout: Printout) -> Path:
    """Lay it into a folder, as a whole or not at all; laid twice, it is there once. Raises `NotPrinted`."""
    tail = f" [{printout.name}].pdf"
    target = folder / f"{make_stem(printout.title, _LONGEST_NAME - len(tail))}{tail}"
    made = folder / f".{printout.name}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            with printout.path.open("rb") as source, made.open("wb") as out:
                shutil.copyfileobj(source, out)
                out.flush()
                os.fsync(out.fileno())
            made.replace(target)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise NotPrinted(f"{folder} cannot be written: {error.strerror or error}", "disk-error") from error
    return target


def make_stem(title: str, octets: int) -> str:
    """The beginning of a file's name out of a title: of not more than so many octets, and no device of Windows."""
    stem = cut_octets(_UNSAFE.sub("_", title).strip(" .")[:80], octets) or "document"
    return f"_{stem}" if _DEVICES.match(stem) and len(stem) < octets else stem


def list_printers() -> list[str]:
    """The queues of this PC's CUPS, as `cups:QUEUE`, but for those that send to groups; none when there is no CUPS."""
    try:
        return asyncio.run(_list_queues())
    except (TransferError, IppError, ValueError, OSError):
        return []


async def _list_queues() -> list[str]:
    host = find_cups()
    with socket.create_connection((host.rpartition(":")[0].strip("[]"), int(host.rpartition(":")[2])), timeout=2):
        pass
    client = IppClient()
    try:
        asked = attribute("requested-attributes", v.keyword("printer-name"), v.keyword("device-uri"))
        answer = await client.request(Endpoint(f"ipp://{host}/"), Operation.CUPS_GET_PRINTERS, [asked])
        return [
            f"cups:{name}" for group in answer.groups if not _sends(group) for name in group.strings("printer-name")
        ]
    finally:
        await client.close()


def _sends(queue: Group) -> bool:
    """Whether it is the one that `pc-client printer install` makes: what is printed on it goes out again."""
    return any(uri.startswith("distprint:") for uri in queue.strings("device-uri"))


async def _give(uri: str, printout: Printout) -> None:
    client = IppClient()
    mark = f" [{printout.name}]"
    name = cut_octets(printout.title, 255 - len(mark)) + mark
    try:
        endpoint = Endpoint(uri)
        if await _knows(client, endpoint, printout.name):
            return
        operation = [
            attribute("requesting-user-name", v.name("pc-client")),
            attribute("job-name", v.name(name)),
            attribute("document-format", v.mime_type(_PDF)),
        ]
        job = [attribute("copies", v.integer(printout.copies))] if printout.copies > 1 else []
        size = printout.path.stat().st_size
        said = await client.print_job(endpoint, operation, job, DocumentFile(printout.path, size))
        if not said.ok:
            words = f"{uri} does not take the document: {said.status_message or hex(said.code)}"
            raise NotPrinted(words, "printer-refused", refused=said.code in _REFUSALS)
        if said.job.integer("job-state") == JobState.ABORTED:
            words = f"{uri} has given the document up: {' '.join(said.job.strings('job-state-reasons'))}"
            raise NotPrinted(words, "printer-refused", refused=True)
    finally:
        await client.close()


async def _knows(client: IppClient, endpoint: Endpoint, name: str) -> bool:
    """Whether the printer has a job of this name already: the program may have ended before it heard so. One that the
    printer has given up is none."""
    for which in ("not-completed", "completed"):
        answer = await client.get_jobs(endpoint, "pc-client", which, 200, ("job-name", "job-state"))
        jobs = [one for one in answer.groups if one.integer("job-state") != JobState.ABORTED]
        if any(f"[{name}]" in found for one in jobs for found in one.strings("job-name")):
            return True
    return False
