"""A PDF whose pages are pictures, written straight to a file: memory does not grow with the pages (PDF 1.7 §7.5)."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageChops, TiffImagePlugin

_STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 278, 279
_CATALOG, _PAGES = 1, 2
_SPACES = {"L": "/DeviceGray", "RGB": "/DeviceRGB"}


@dataclass(frozen=True, slots=True)
class Box:
    """Where a picture lies on its page, and how large the page is; points, from the lower left corner."""

    page: tuple[float, float]
    left: float
    bottom: float
    width: float
    height: float
    turns: int = 0

    @property
    def coefficients(self) -> tuple[float, float, float, float, float, float]:
        """The transformation that puts the unit square there, after `turns` quarter turns counter-clockwise."""
        left, bottom, right, top = self.left, self.bottom, self.left + self.width, self.bottom + self.height
        return (
            (self.width, 0.0, 0.0, self.height, left, bottom),
            (0.0, self.height, -self.width, 0.0, right, bottom),
            (-self.width, 0.0, 0.0, -self.height, right, top),
            (0.0, -self.height, self.width, 0.0, left, top),
        )[self.turns]

    @property
    def matrix(self) -> str:
        """`coefficients` as an operand of `cm`."""
        return " ".join(f"{value:.4f}" for value in self.coefficients)


class PicturePdf:
    """Writes page after page; `close` writes what has to stand at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offsets: dict[int, int] = {}
        self._kids: list[int] = []
        self._next = _PAGES + 1
        file.write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")

    def add_page(self, image: Image.Image, box: Box) -> None:
        """A page with a picture of mode `1` (kept as CCITT G4), `L` or `RGB` (losslessly deflated)."""
        if image.mode == "1":
            data = _pack_g4(image)
            coding = (
                f"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 "
                f"/Columns {image.width} /Rows {image.height} >>"
            )
        else:
            data = zlib.compress(image.tobytes(), 6)
            coding = f"/ColorSpace {_SPACES[image.mode]} /BitsPerComponent 8 /Filter /FlateDecode"
        self._add(data, coding, image.size, box)

    def add_jpeg_page(self, data: bytes, mode: str, size: tuple[int, int], box: Box) -> None:
        """A page with a JPEG as it came; mode `L` or `RGB`."""
        self._add(data, f"/ColorSpace {_SPACES[mode]} /BitsPerComponent 8 /Filter /DCTDecode", size, box)

    def close(self) -> None:
        """Write the tree of pages and the table of objects; the file itself stays open."""
        kids = " ".join(f"{number} 0 R" for number in self._kids)
        self._write(_CATALOG, f"<< /Type /Catalog /Pages {_PAGES} 0 R >>")
        self._write(_PAGES, f"<< /Type /Pages /Count {len(self._kids)} /Kids [{kids}] >>")
        start = self._file.tell()
        lines = [f"xref\n0 {self._next}\n0000000000 65535 f \n"]
        lines += [f"{self._offsets[number]:010} 00000 n \n" for number in range(1, self._next)]
        lines.append(f"trailer\n<< /Size {self._next} /Root {_CATALOG} 0 R >>\nstartxref\n{start}\n%%EOF\n")
        self._file.write("".join(lines).encode())

    def _add(self, data: bytes, coding: str, size: tuple[int, int], box: Box) -> None:
        picture, content, page = self._next, self._next + 1, self._next + 2
        self._next += 3
        head = f"/Type /XObject /Subtype /Image /Width {size[0]} /Height {size[1]} {coding}"
        self._write(picture, f"<< {head} /Length {len(data)} >>", data)
        drawing = f"q {box.matrix} cm /P Do Q".encode()
        self._write(content, f"<< /Length {len(drawing)} >>", drawing)
        self._write(
            page,
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {box.page[0]:.2f} {box.page[1]:.2f}] "
            f"/Resources << /XObject << /P {picture} 0 R >> >> /Contents {content} 0 R >>",
        )
        self._kids.append(page)

    def _write(self, number: int, text: str, stream: bytes | None = None) -> None:
        self._offsets[number] = self._file.tell()
        self._file.write(f"{number} 0 obj\n{text}\n".encode())
        if stream is not None:
            self._file.write(b"stream\n" + stream + b"\nendstream\n")
        self._file.write(b"endobj\n")


def _pack_g4(image: Image.Image) -> bytes:
    """The picture as one strip of CCITT T.6. The coder takes 1 bits for ink, mode `1` has them for paper."""
    out = io.BytesIO()
    ImageChops.invert(image).save(out, "TIFF", compression="group4", tiffinfo={_ROWS_PER_STRIP: image.height})
    out.seek(0)
    with TiffImagePlugin.TiffImageFile(out) as written:
        offsets, sizes = written.tag_v2[_STRIP_OFFSETS], written.tag_v2[_STRIP_BYTES]
    raw = out.getvalue()
    return raw[offsets[0] : offsets[0] + sizes[0]]
