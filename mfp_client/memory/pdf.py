"""Stored pages as a PDF (ISO 32000-1), written as they come: strips of the memory are streams of a PDF as they are."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from distwire.tiff import PageFacts, TiffPage, Tone

Write = Callable[[bytes], object]
_CATALOG, _PAGES, _INFO = 1, 2, 3
_GRIDS = {1: (1, 1), 2: (2, 1), 4: (2, 2)}
"""Columns and rows of upright pages; of two that lie on their side one stands above the other."""

NUMBERS_UP = tuple(_GRIDS)
_EDGE = 8.5
"""Points that stay white around each of several pages on a sheet."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """A picture that is in the file already, and the size of its page in points."""

    image: int
    width: float
    height: float


def write_pdf(write: Write, pages: Iterable[TiffPage], title: str, number_up: int = 1) -> int:
    """Write a PDF with a page for each, in its true size, or with `number_up` of them on each (PWG 5100.13): from left
    to right, then down; how many octets. One page is in memory at a time."""
    file = _Writer(write)
    file.put(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    laid = (_put_image(file, page) for page in pages)
    kids = [_put_sheet(file, some, number_up) for some in _take_together(laid, number_up)]
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    file.put_object(f"<< /Type /Pages /Count {len(kids)} /Kids [{listed}] >>", number=_PAGES)
    file.put_object(f"<< /Type /Catalog /Pages {_PAGES} 0 R >>", number=_CATALOG)
    text = title.encode("utf-16-be", "replace").hex().upper()
    file.put_object(f"<< /Title <FEFF{text}> >>", number=_INFO)
    return file.finish()


class _Writer:
    """Counts what it writes: a PDF ends with the places of its objects (§7.5.4)."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._at = 0
        self._places: dict[int, int] = {}
        self._next = _INFO + 1

    def put(self, data: bytes) -> None:
        self._write(data)
        self._at += len(data)

    def put_object(self, text: str, stream: bytes | None = None, number: int | None = None) -> int:
        """One object, with its stream; its number."""
        if number is None:
            number, self._next = self._next, self._next + 1
        self._places[number] = self._at
        self.put(f"{number} 0 obj\n{text}\n".encode("ascii"))
        if stream is not None:
            self.put(b"stream\n" + stream + b"\nendstream\n")
        self.put(b"endobj\n")
        return number

    def finish(self) -> int:
        """The table of places, and the trailer."""
        table, count = self._at, len(self._places) + 1
        lines = [f"{self._places[number]:010d} 00000 n \n" for number in range(1, count)]
        self.put(f"xref\n0 {count}\n0000000000 65535 f \n{''.join(lines)}".encode("ascii"))
        trailer = f"<< /Size {count} /Root {_CATALOG} 0 R /Info {_INFO} 0 R >>"
        self.put(f"trailer\n{trailer}\nstartxref\n{table}\n%%EOF\n".encode("ascii"))
        return self._at


def _take_together(laid: Iterator[_Laid], number: int) -> Iterator[list[_Laid]]:
    while some := list(itertools.islice(laid, number)):
        yield some


def _put_image(file: _Writer, page: TiffPage) -> _Laid:
    facts = page.facts
    image = file.put_object(_describe_image(facts, len(page.strip)), page.strip)
    return _Laid(image, facts.width / facts.dpi[0] * 72, facts.height / facts.dpi[1] * 72)


def _put_sheet(file: _Writer, pages: Sequence[_Laid], number_up: int) -> int:
    """One page of the PDF; its number."""
    width, height = pages[0].width, pages[0].height
    columns, rows = _GRIDS[number_up]
    if number_up == 2:
        columns, rows = (1, 2) if width > height else (2, 1)
        width, height = height, width
    cell = width / columns, height / rows
    edge = 0.0 if number_up == 1 else _EDGE
    drawn = []
    for place, page in enumerate(pages):
        corner = place % columns * cell[0], height - (place // columns + 1) * cell[1]
        drawn.append(_draw_image(page, corner, cell, edge))
    text = "\n".join(drawn).encode("ascii")
    content = file.put_object(f"<< /Length {len(text)} >>", text)
    objects = " ".join(f"/I{page.image} {page.image} 0 R" for page in pages)
    box, resources = f"[0 0 {width:.3f} {height:.3f}]", f"<< /XObject << {objects} >> >>"
    parts = f"/Parent {_PAGES} 0 R /MediaBox {box} /Resources {resources} /Contents {content} 0 R"
    return file.put_object(f"<< /Type /Page {parts} >>")


def _draw_image(page: _Laid, corner: tuple[float, float], cell: tuple[float, float], edge: float) -> str:
    """As large as the cell allows, in its middle; its proportions stay."""
    scale = min((cell[0] - 2 * edge) / page.width, (cell[1] - 2 * edge) / page.height)
    width, height = page.width * scale, page.height * scale
    left, bottom = corner[0] + (cell[0] - width) / 2, corner[1] + (cell[1] - height) / 2
    return f"q {width:.3f} 0 0 {height:.3f} {left:.3f} {bottom:.3f} cm /I{page.image} Do Q"


def _describe_image(facts: PageFacts, octets: int) -> str:
    size = f"/Width {facts.width} /Height {facts.height}"
    if facts.tone is Tone.BILEVEL:  # §7.4.6; white is 1 without BlackIs1
        parameters = f"/DecodeParms << /K -1 /Columns {facts.width} /Rows {facts.height} >>"
        coding = f"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode {parameters}"
    else:
        space = "/DeviceGray" if facts.tone is Tone.GREY else "/DeviceRGB"
        coding = f"/ColorSpace {space} /BitsPerComponent 8 /Filter /DCTDecode"
    return f"<< /Type /XObject /Subtype /Image {size} {coding} /Length {octets} >>"
