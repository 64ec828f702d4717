"""Stored documents to a removable medium, or out of the memory (SPEC D12, "process stored image")."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mfp_client.memory.errors import MediumGone, NotYours, say_id
from mfp_client.memory.medium import Medium, copy_document, move_document
from mfp_client.memory.records import StoredDocument
from mfp_client.memory.take_out import PDF, TIFF
from mfp_client.works.errand import Errand
from mfp_client.works.progress import Progress

_FORMATS = {"tiff": TIFF, "pdf": PDF}


def process_documents(errand: Errand) -> None:
    """The task `process`. What may not be done is told before anything is done. Raises what `explain` explains,
    `Stopped`: the documents that were done by then stay so."""
    documents, action = errand.find_documents(), errand.wishes.action
    for document in documents:
        if action != "copy" and not document.may_change(errand.asker):
            raise NotYours(f"document {say_id(document.id)} has an owner: only {document.draft.owner} may {action} it")
    errand.enter("writing")
    counting = _Counting(errand, documents)
    for document in documents:
        errand.check()
        if action == "erase":
            errand.memory.erase(document.id, errand.asker)
        else:
            place = copy_document if action == "copy" else move_document
            place(errand.memory, document.id, errand.asker, _choose_medium(errand, counting.written))
        counting.finish(document)


def _choose_medium(errand: Errand, written: Callable[[int], None]) -> Medium:
    """The medium that is wished, if it is in just now: no other folder is written."""
    wishes = errand.wishes
    found = next((one for one in errand.tools.media() if str(one.folder) == wishes.medium), None)
    if found is None:
        raise MediumGone(f"no medium is in at {wishes.medium}: put it in again, or choose another one")
    return Medium(found.folder, _FORMATS[wishes.format], found.same_disk, written)


class _Counting:
    """Octets that are done, of all documents together."""

    def __init__(self, errand: Errand, documents: Sequence[StoredDocument]) -> None:
        self._errand = errand
        self._total = sum(one.octets for one in documents)
        self._before = 0
        self._show(0)

    def written(self, octets: int) -> None:
        """So much of a copy is on the medium. Raises `Stopped`: the part of a copy goes again."""
        self._errand.check()
        self._show(octets)

    def finish(self, document: StoredDocument) -> None:
        """A document is done."""
        self._before += document.octets
        self._show(0)

    def _show(self, octets: int) -> None:
        done = min(self._total, self._before + octets)
        self._errand.board.show(progress=Progress(done, self._total, 0, "octets"))
