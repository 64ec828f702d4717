"""PDF by pdfium; what pdfium does not open is repaired by qpdf once and tried again."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from distserver.errors import DocumentRefused
from distserver.model.states import Reason
from distserver.render.placement import Placement, Points, Size
from distserver.render.sources.page import Pixels, SourceLimits, SourcePage

_WHITE = 0xFFFFFFFF
PASSWORD = "the PDF is protected by a password: save it without one and send it again"  # noqa: S105 - a sentence
DAMAGED = "the PDF is damaged and could not be repaired: save or print it to a new PDF and send that"


class PdfPage:
    """A page in pdfium's hands; its own rotation is part of it, and its annotations and form fields are drawn."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page

    @property
    def size(self) -> Points:
        """(width, height) in points, as it is read."""
        width, height = self._page.get_size()
        return float(width), float(height)

    def draw(self, paper: Size, place: Placement, color: bool) -> Pixels:
        """See `SourcePage.draw`. pdfium fits the page into the place itself, whatever size the page says it has."""
        form = pdfium_c.FPDFBitmap_BGR if color else pdfium_c.FPDFBitmap_Gray
        bitmap = pdfium.PdfBitmap.new_native(paper[0], paper[1], form, rev_byteorder=color)
        try:
            pdfium_c.FPDFBitmap_FillRect(bitmap, 0, 0, paper[0], paper[1], _WHITE)
            flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_PRINTING
            flags |= pdfium_c.FPDF_REVERSE_BYTE_ORDER if color else pdfium_c.FPDF_GRAYSCALE
            turn = -place.turns % 4  # pdfium counts clockwise
            where = (bitmap, self._page, place.left, place.top, place.width, place.height, turn, flags)
            pdfium_c.FPDF_RenderPageBitmap(*where)
            if self._page.formenv:
                pdfium_c.FPDF_FFLDraw(self._page.formenv, *where)
            pixels: Pixels = bitmap.to_numpy()  # the octets are Python's and stay; pdfium gives up only its handle
        finally:
            bitmap.close()
        return pixels if color else pixels.reshape(paper[1], paper[0])


class PdfSource:
    """An open PDF. Raises `DocumentRefused` for a password, for damage, and for too many pages."""

    def __init__(self, path: str, limits: SourceLimits) -> None:
        self._path = path
        self._limits = limits
        self._repaired = False
        try:
            self._document = _open(path)
        except pdfium.PdfiumError as error:
            _refuse_password(error)
            self._document = self._repair(error)
        if len(self._document) < 1 and not self._repaired:
            self._document.close()
            self._document = self._repair(None)
        limits.check_pages(len(self._document))

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return len(self._document)

    @property
    def oriented(self) -> bool:
        """See `PageSource.oriented`."""
        return True

    def read_pages(self, chosen: Sequence[int] | None = None) -> Iterator[SourcePage]:
        """See `PageSource.read_pages`."""
        for number in range(len(self._document)) if chosen is None else chosen:
            page = self._load_page(number)
            try:
                yield PdfPage(page)
            finally:
                page.close()

    def __enter__(self) -> PdfSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def _load_page(self, number: int) -> pdfium.PdfPage:
        try:
            return self._document[number]
        except pdfium.PdfiumError as error:
            if self._repaired:
                raise DocumentRefused(f"page {number + 1} of the PDF is damaged") from error
            self._document.close()
            self._document = self._repair(error)
        return self._load_page(number)

    def _repair(self, cause: Exception | None) -> pdfium.PdfDocument:
        self._repaired = True
        try:
            return _open(repair_pdf(self._path))
        except pdfium.PdfiumError as error:
            _refuse_password(error)
            raise DocumentRefused(DAMAGED) from (cause or error)


def repair_pdf(path: str) -> bytes:
    """The PDF written anew by qpdf. Raises `DocumentRefused`."""
    try:
        with pikepdf.open(path) as document:
            out = io.BytesIO()
            document.save(out)
            return out.getvalue()
    except pikepdf.PasswordError as error:
        raise DocumentRefused(PASSWORD, Reason.DOCUMENT_PASSWORD) from error
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, RuntimeError) as error:
        raise DocumentRefused(DAMAGED) from error


def _open(data: str | bytes) -> pdfium.PdfDocument:
    document = pdfium.PdfDocument(data)
    document.init_forms()
    return document


def _refuse_password(error: pdfium.PdfiumError) -> None:
    if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
        raise DocumentRefused(PASSWORD, Reason.DOCUMENT_PASSWORD) from error
