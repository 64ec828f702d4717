"""Stored documents on paper (SPEC D12, "take out image"): to an IPP printer, or to a CUPS queue of this machine."""

from __future__ import annotations

from distwire.tiff import Tone
from mfp_client.memory.pdf import write_pdf
from mfp_client.memory.printout import (
    PDF,
    SIDES,
    TIFF,
    Form,
    PrintOrder,
    Printout,
    Target,
    check_order,
    fit_name,
    give_to_printer,
)
from mfp_client.memory.raster import write_raster
from mfp_client.memory.records import Asker, StoredDocument
from mfp_client.memory.store import ImageMemory


async def take_out(memory: ImageMemory, image_id: int, asker: Asker, order: PrintOrder) -> str:
    """Give a document to a printer; the job's number there. Raises `NotPrinted`; else as `ImageMemory.find`, `read`."""
    check_order(order)
    return await give_to_printer(make_printout(memory, memory.find(image_id, asker)), asker, order)


def make_printout(memory: ImageMemory, document: StoredDocument) -> Printout:
    """A document as something to be printed; also one that is not closed yet."""

    def write(form: Form, target: Target) -> None:
        _write(memory, document, form, target)

    tone = document.facts.tone if document.facts else Tone.GREY
    return Printout(name_job(document), tone, document.pages, write)


def name_job(document: StoredDocument) -> str:
    """What a printer calls the job."""
    return fit_name(f"{document.id} {document.draft.title}".strip())


def copy_out(memory: ImageMemory, document: StoredDocument, format: str, target: Target) -> None:
    """Write a document as PDF or TIFF, page by page. Raises OSError of the target, `Damaged`."""
    _write(memory, document, Form(format), target)


def _write(memory: ImageMemory, document: StoredDocument, form: Form, target: Target) -> None:
    with memory.read(document) as file:
        if form.raster is not None:
            pages = memory.pages(file, document)
            write_raster(target, pages, form.raster, document.pages)
        elif form.format == PDF:
            title = document.draft.title or str(document.id)
            write_pdf(target.write, memory.pages(file, document), title, form.number_up)
        else:
            while piece := file.read(1 << 20):
                target.write(piece)


__all__ = ["PDF", "SIDES", "TIFF", "PrintOrder", "copy_out", "make_printout", "name_job", "take_out"]
