"""What this device has printed: given to an IPP printer, or to a CUPS queue, in a form that it takes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
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
from mfp_client.cups_queue import QueueFault, print_on_queue
from mfp_client.memory.errors import NotPrinted, is_full
from mfp_client.memory.pdf import NUMBERS_UP
from mfp_client.memory.raster import ASKED, RasterKind, choose_kind
from mfp_client.memory.records import Asker

PDF, TIFF, PWG_RASTER = "application/pdf", "image/tiff", "image/pwg-raster"
SIDES = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
MOST_COPIES = 999


class Target(Protocol):
    """What takes octets."""

    def write(self, data: bytes, /) -> object:
        """Take all of them."""


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """`printer` is an `ipp://` or `ipps://` URI, or `cups:QUEUE`; None leaves a choice to the printer. `media` is a PWG
    name such as `iso_a4_210x297mm`; with `number_up` several pages are laid on each side."""

    printer: str
    copies: int = 1
    sides: str | None = None
    media: str | None = None
    number_up: int = 1


@dataclass(frozen=True, slots=True)
class Form:
    """What a printer takes: a media type, with PWG raster also which kind of it."""

    format: str
    raster: RasterKind | None = None
    number_up: int = 1


@dataclass(frozen=True, slots=True)
class Printout:
    """`name` is what a printer calls the job; `tone` and `pages` choose the raster. `write` writes it in a form."""

    name: str
    tone: Tone
    pages: int
    write: Callable[[Form, Target], None]


async def give_to_printer(printout: Printout, asker: Asker, order: PrintOrder) -> str:
    """Print it; the job's number there. Raises `NotPrinted`, and what `write` raises."""
    check_order(order)
    kind, _, queue = order.printer.partition(":")
    if kind == "cups":
        return await asyncio.to_thread(_give_to_queue, printout, order, queue)
    client = IppClient()
    try:
        return await _give(client, printout, asker, order)
    except TransferError as error:
        doubt = "; it may be printed nevertheless: look before you print it again" if error.begun else ""
        raise NotPrinted(f"{order.printer} cannot be reached: {error}{doubt}") from error
    except IppError as error:
        raise NotPrinted(f"{order.printer} cannot be used: {error}") from error
    finally:
        await client.close()


def check_order(order: PrintOrder) -> None:
    """Raises `NotPrinted` for what makes no sense."""
    if order.printer.partition(":")[0] not in ("ipp", "ipps", "cups"):
        raise NotPrinted(f"{order.printer} is no printer: write ipp://HOST/ipp/print, or cups:QUEUE")
    if not 1 <= order.copies <= MOST_COPIES:
        raise NotPrinted(f"{order.copies} copies cannot be printed: choose 1 to {MOST_COPIES}")
    if order.sides is not None and order.sides not in SIDES:
        raise NotPrinted(f"sides are {', '.join(SIDES)}")
    if order.number_up not in NUMBERS_UP:
        raise NotPrinted(f"pages on a side are {', '.join(map(str, NUMBERS_UP))}")


async def _give(client: IppClient, printout: Printout, asker: Asker, order: PrintOrder) -> str:
    endpoint = Endpoint(order.printer)
    answer = await client.get_printer_attributes(endpoint, ("document-format-supported", *ASKED))
    form = _choose_form(answer.printer, printout, order)
    operation = [
        attribute("requesting-user-name", v.name(fit_name(asker.name or "anonymous"))),
        attribute("job-name", v.name(printout.name)),
        attribute("document-format", v.mime_type(form.format)),
    ]
    opened = await asyncio.to_thread(_Prepared, printout, form)
    try:
        said = await client.print_job(endpoint, operation, list(_describe(order)), opened.file)
    finally:
        opened.close()
    job = said.job.integer("job-id")
    if not said.ok or job is None:
        words = said.status_message or f"status {said.code:#06x}"
        raise NotPrinted(f"{order.printer} does not take the document: {words}")
    return str(job)


def _choose_form(printer: Group, printout: Printout, order: PrintOrder) -> Form:
    """PDF where the printer takes it: it has the size of each page. A printer that names no format is given one."""
    supported = printer.strings("document-format-supported")
    for format in (PDF, TIFF):
        if (format in supported or not supported) and (format == PDF or order.number_up == 1):
            return Form(format, None, order.number_up)
    if order.number_up > 1:
        raise NotPrinted(f"{order.printer} takes no PDF, and so only one page on a side: use a CUPS queue")
    kind = choose_kind(printer, printout.tone, order.sides, order.media) if PWG_RASTER in supported else None
    if kind is None:
        taken = ", ".join(supported)
        raise NotPrinted(f"{order.printer} takes nothing of PDF, TIFF and PWG raster, but {taken}: use a CUPS queue")
    return Form(PWG_RASTER, kind)


def _describe(order: PrintOrder) -> Iterator[Attribute]:
    yield attribute("copies", v.integer(order.copies))
    if order.sides is not None:
        yield attribute("sides", v.keyword(order.sides))
    if order.media is not None:
        yield attribute("media", v.keyword(order.media))


def fit_name(name: str) -> str:
    """At most 255 octets (RFC 8011 §5.1.3)."""
    return name.encode()[:255].decode("utf-8", "ignore")


class _Prepared:
    """A document for a printer, in a file without a name: nothing is left of it, whatever happens."""

    def __init__(self, printout: Printout, form: Form) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is sent
        try:
            with _mapped():
                printout.write(form, self._file)
                self._file.flush()
        except BaseException:
            self._file.close()
            raise
        self.file = DocumentFile(Path(f"/proc/self/fd/{self._file.fileno()}"), self._file.tell())

    def close(self) -> None:
        self._file.close()


class _Calling:
    """A target that is a function."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.write = write


def _give_to_queue(printout: Printout, order: PrintOrder, queue: str) -> str:
    options = {"copies": str(order.copies), "print-scaling": "auto"}
    options.update({} if order.sides is None else {"sides": order.sides})
    options.update({} if order.media is None else {"media": order.media})
    form = Form(PDF, None, order.number_up)
    try:
        return print_on_queue(queue, printout.name, options, lambda write: printout.write(form, _Calling(write)))
    except QueueFault as error:
        raise NotPrinted(str(error)) from error


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = "there is no room for it in the folder of temporary files" if is_full(error) else str(error)
        raise NotPrinted(f"the document cannot be prepared for the printer: {why}") from error
