"""Stored documents on paper (SPEC D12, "take out image"): to an IPP printer, or to a CUPS queue of this machine."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from distwire.ipp import Attribute, Group, attribute
from distwire.ipp import values as v
from distwire.ipp.body import DocumentFile
from distwire.ipp.client import IppClient, TransferError
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.errors import IppError
from distwire.tiff import Tone
from mfp_client.memory.cups_queue import print_on_queue
from mfp_client.memory.errors import NotPrinted, is_full
from mfp_client.memory.pdf import write_pdf
from mfp_client.memory.raster import ASKED, RasterKind, choose_kind, write_raster
from mfp_client.memory.records import Asker, StoredDocument
from mfp_client.memory.store import ImageMemory

PDF, TIFF, PWG_RASTER = "application/pdf", "image/tiff", "image/pwg-raster"
SIDES = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
_MOST_COPIES = 999


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """`printer` is an `ipp://` or `ipps://` URI, or `cups:QUEUE`; None leaves a choice to the printer. `media` is a PWG
    name such as `iso_a4_210x297mm`."""

    printer: str
    copies: int = 1
    sides: str | None = None
    media: str | None = None


async def take_out(memory: ImageMemory, image_id: int, asker: Asker, order: PrintOrder) -> str:
    """Give a document to a printer; the job's number there. Raises `NotPrinted`; else as `ImageMemory.find`, `read`."""
    _check(order)
    document = memory.find(image_id, asker)
    kind, _, queue = order.printer.partition(":")
    if kind == "cups":
        return await asyncio.to_thread(_give_to_queue, memory, document, order, queue)
    client = IppClient()
    try:
        return await _give_to_printer(client, memory, document, asker, order)
    except TransferError as error:
        doubt = "; it may be printed nevertheless: look before you print it again" if error.begun else ""
        raise NotPrinted(f"{order.printer} cannot be reached: {error}{doubt}") from error
    except IppError as error:
        raise NotPrinted(f"{order.printer} cannot be used: {error}") from error
    finally:
        await client.close()


def _check(order: PrintOrder) -> None:
    if order.printer.partition(":")[0] not in ("ipp", "ipps", "cups"):
        raise NotPrinted(f"{order.printer} is no printer: write ipp://HOST/ipp/print, or cups:QUEUE")
    if not 1 <= order.copies <= _MOST_COPIES:
        raise NotPrinted(f"{order.copies} copies cannot be printed: choose 1 to {_MOST_COPIES}")
    if order.sides is not None and order.sides not in SIDES:
        raise NotPrinted(f"sides are {', '.join(SIDES)}")


async def _give_to_printer(
    client: IppClient, memory: ImageMemory, document: StoredDocument, asker: Asker, order: PrintOrder
) -> str:
    endpoint = Endpoint(order.printer)
    answer = await client.get_printer_attributes(endpoint, ("document-format-supported", *ASKED))
    format, kind = _choose_form(answer.printer, document, order)
    operation = [
        attribute("requesting-user-name", v.name(_fit(asker.name or "anonymous"))),
        attribute("job-name", v.name(name_job(document))),
        attribute("document-format", v.mime_type(format)),
    ]
    opened = await asyncio.to_thread(_Prepared, memory, document, format, kind)
    try:
        said = await client.print_job(endpoint, operation, list(_describe(order)), opened.file)
    finally:
        opened.close()
    job = said.job.integer("job-id")
    if not said.ok or job is None:
        words = said.status_message or f"status {said.code:#06x}"
        raise NotPrinted(f"{order.printer} does not take the document: {words}")
    return str(job)


def _choose_form(printer: Group, document: StoredDocument, order: PrintOrder) -> tuple[str, RasterKind | None]:
    """PDF where the printer takes it: it has the size of each page. A printer that names no format is given one."""
    supported = printer.strings("document-format-supported")
    for format in (PDF, TIFF):
        if format in supported or not supported:
            return format, None
    tone = document.facts.tone if document.facts else Tone.GREY
    kind = choose_kind(printer, tone, order.sides, order.media) if PWG_RASTER in supported else None
    if kind is None:
        taken = ", ".join(supported)
        raise NotPrinted(f"{order.printer} takes nothing of PDF, TIFF and PWG raster, but {taken}: use a CUPS queue")
    return PWG_RASTER, kind


def _describe(order: PrintOrder) -> Iterator[Attribute]:
    yield attribute("copies", v.integer(order.copies))
    if order.sides is not None:
        yield attribute("sides", v.keyword(order.sides))
    if order.media is not None:
        yield attribute("media", v.keyword(order.media))


def name_job(document: StoredDocument) -> str:
    """What a printer calls the job."""
    return _fit(f"{document.id} {document.draft.title}".strip())


def _fit(name: str) -> str:
    """At most 255 octets (RFC 8011 §5.1.3)."""
    return name.encode()[:255].decode("utf-8", "ignore")


class _Prepared:
    """A document for a printer, in a file without a name: nothing is left of it, whatever happens."""

    def __init__(self, memory: ImageMemory, document: StoredDocument, format: str, kind: RasterKind | None) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is sent
        try:
            with _mapped():
                if kind is None:
                    copy_out(memory, document, format, self._file)
                else:
                    with memory.read(document) as file:
                        write_raster(self._file, memory.pages(file, document), kind, document.pages)
                self._file.flush()
        except BaseException:
            self._file.close()
            raise
        self.file = DocumentFile(Path(f"/proc/self/fd/{self._file.fileno()}"), self._file.tell())

    def close(self) -> None:
        self._file.close()


class Target(Protocol):
    """What takes octets."""

    def write(self, data: bytes, /) -> object:
        """Take all of them."""


def copy_out(memory: ImageMemory, document: StoredDocument, format: str, target: Target) -> None:
    """Write a document as PDF or TIFF, page by page. Raises OSError of the target, `Damaged`."""
    with memory.read(document) as file:
        if format == PDF:
            write_pdf(target.write, memory.pages(file, document), document.draft.title or str(document.id))
        else:
            while piece := file.read(1 << 20):
                target.write(piece)


def _give_to_queue(memory: ImageMemory, document: StoredDocument, order: PrintOrder, queue: str) -> str:
    options = {"copies": str(order.copies), "print-scaling": "auto"}
    options.update({} if order.sides is None else {"sides": order.sides})
    options.update({} if order.media is None else {"media": order.media})
    with memory.read(document) as file:
        pages = memory.pages(file, document)
        title = document.draft.title or str(document.id)
        return print_on_queue(queue, name_job(document), options, lambda write: write_pdf(write, pages, title))


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = "there is no room for it in the folder of temporary files" if is_full(error) else str(error)
        raise NotPrinted(f"the document cannot be prepared for the printer: {why}") from error


__all__ = ["PDF", "SIDES", "TIFF", "PrintOrder", "copy_out", "name_job", "take_out"]
