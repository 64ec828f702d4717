"""Files of strangers into the memory: read in a fenced child, stored page by page as they come out of it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from distwire.fence import start_child
from distwire.tiff import PageFacts, TiffPage, Tone
from mfp_client.memory.errors import Unreadable
from mfp_client.memory.growing import OpenDocument

PAGE_SECONDS = 300.0
_MOST_LINE = 4096
_MOST_OCTETS = 256 << 20


def add_file(document: OpenDocument, path: Path, tone: str = "auto") -> int:
    """Add all pages of a TIFF, PDF, JPEG or PNG to an open document; how many there were. Raises `Unreadable`; else as
    `OpenDocument.add_page`. The pages before the fault are in the document then."""
    count = 0
    for page, thumbnail in read_file(path, tone):
        document.add_page(page, thumbnail)
        count += 1
    return count


def read_frame(path: Path, tone: str, frame: int, dpi: tuple[float, float]) -> tuple[TiffPage, bytes]:
    """One page of a picture file, counted from 0, and its thumbnail; `dpi` counts, whatever the file says. Raises
    `Unreadable`."""
    for page in read_file(path, tone, (frame, *dpi)):
        return page
    raise Unreadable("the page broke the program that reads it")


def read_file(path: Path, tone: str = "auto", chosen: tuple[float, ...] = ()) -> Iterator[tuple[TiffPage, bytes]]:
    """The pages of a file, and with the first one a thumbnail. Raises `Unreadable`. `chosen` as `read_frame` has it."""
    if not path.is_file():
        raise Unreadable(f"there is no file {path}")
    told = (str(path.resolve()), tone, *map(str, chosen))
    with start_child("mfp_client.memory.child", *told) as child, _ended(child):
        while (page := _next_page(child)) is not None:
            yield page


def _next_page(child: subprocess.Popen[bytes]) -> tuple[TiffPage, bytes] | None:
    """A page and its thumbnail; None after the last. A child that takes too long is killed."""
    output = child.stdout
    assert output is not None
    watch = threading.Timer(PAGE_SECONDS, child.kill)
    watch.start()
    try:
        said = _listen(output)
        if said is None:
            return None
        strip = _take(output, said["octets"])
        return TiffPage(_read_facts(said), strip), _take(output, said["thumbnail"])
    finally:
        watch.cancel()


def _listen(output: IO[bytes]) -> dict[str, Any] | None:
    """What the child says next; None at the end."""
    line = output.readline(_MOST_LINE)
    if not line.endswith(b"\n"):
        raise Unreadable("the document takes too long, or broke the program that reads it")
    said: dict[str, Any] = json.loads(line)
    if "error" in said:
        raise Unreadable(said["error"])
    return None if "end" in said else said


def _take(output: IO[bytes], octets: int) -> bytes:
    data = output.read(octets) if 0 <= octets <= _MOST_OCTETS else b""
    if len(data) != octets:
        raise Unreadable("the document broke the program that reads it")
    return data


def _read_facts(said: dict[str, Any]) -> PageFacts:
    return PageFacts(said["width"], said["height"], (said["dpi"][0], said["dpi"][1]), Tone(said["tone"]))


@contextlib.contextmanager
def _ended(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever happens, nothing goes on reading."""
    try:
        yield
    finally:
        child.kill()
