"""Paper to paper (SPEC D12): what is scanned passes through the memory, and nothing of it stays there."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mfp_client.memory.endings import DROPPED
from mfp_client.memory.errors import Erased, MemoryFault, NotStored
from mfp_client.memory.growing import OpenDocument
from mfp_client.memory.records import Asker, Draft
from mfp_client.memory.store import ImageMemory
from mfp_client.memory.take_out import make_printout
from mfp_client.works.drafting import show_open
from mfp_client.works.errand import Errand
from mfp_client.works.printing import order_of, print_out
from mfp_client.works.scanning import scan_into

_log = logging.getLogger(__name__)

_TITLE = "copy"


def copy_paper(errand: Errand) -> None:
    """The task `copy`. Raises what `explain` explains, `Stopped`."""
    owner = errand.task.person.name
    with errand.memory.open(Draft(_TITLE, owner, bool(owner))) as document, _passing(errand, document):
        scan_into(errand, document)
        found = show_open(errand, document)
        print_out(errand, make_printout(errand.memory, found), order_of(errand))


def erase_passed(memory: ImageMemory, folder: Path) -> None:
    """At the start of the program: what a crash left of copies goes; what cannot go now, at the next start."""
    for path in _list_notes(folder):
        try:
            with contextlib.suppress(NotStored, Erased):
                memory.erase(int(path.name), Asker(operator=True), DROPPED)
        except MemoryFault as fault:
            _log.warning("copy %s is not erased yet: %s", path.name, fault)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _passing(errand: Errand, document: OpenDocument) -> Iterator[None]:
    """While the document is there, a note says that it is a copy."""
    folder = errand.tools.folder / "passing"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = folder / str(document.id)
    note.touch()
    try:
        yield
    finally:
        document.drop()
        note.unlink(missing_ok=True)


def _list_notes(folder: Path) -> list[Path]:
    passing = folder / "passing"
    return [one for one in passing.iterdir() if one.name.isdecimal()] if passing.is_dir() else []
