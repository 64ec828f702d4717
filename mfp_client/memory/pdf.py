"""Stored pages as a PDF (ISO 32000-1), written as they come: strips of the memory are streams of a PDF as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from distwire.tiff import PageFacts, TiffPage, Tone

Write = Callable[[bytes], object]
_CATALOG, _PAGES, _INFO = 1, 2, 3


def write_pdf(write: Write, pages: Iterable[TiffPage], title: str) -> int:
    """Write a PDF with a page for each, in its true size; how many octets. One page is in memory at a time."""
    file = _Writer(write)
    file.put(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    kids = [_put_page(file, page) for page in pages]
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


def _put_page(file: _Writer, page: TiffPage) -> int:
    facts = page.facts
    image = file.put_object(_describe_image(facts, len(page.strip)), page.strip)
    width, height = (dots / dpi * 72 for dots, dpi in zip((facts.width, facts.height), facts.dpi, strict=True))
    drawn = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /I Do Q".encode("ascii")
    content = file.put_object(f"<< /Length {len(drawn)} >>", drawn)
    box, resources = f"[0 0 {width:.3f} {height:.3f}]", f"<< /XObject << /I {image} 0 R >> >>"
    parts = f"/Parent {_PAGES} 0 R /MediaBox {box} /Resources {resources} /Contents {content} 0 R"
    return file.put_object(f"<< /Type /Page {parts} >>")


def _describe_image(facts: PageFacts, octets: int) -> str:
    size = f"/Width {facts.width} /Height {facts.height}"
    if facts.tone is Tone.BILEVEL:  # §7.4.6; white is 1 without BlackIs1
        parameters = f"/DecodeParms << /K -1 /Columns {facts.width} /Rows {facts.height} >>"
        coding = f"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode {parameters}"
    else:
        space = "/DeviceGray" if facts.tone is Tone.GREY else "/DeviceRGB"
        coding = f"/ColorSpace {space} /BitsPerComponent 8 /Filter /DCTDecode"
    return f"<< /Type /XObject /Subtype /Image {size} {coding} /Length {octets} >>"
