"""Documents made on the spot: PDF and TIFF of every kind, pictures, and files that mean harm.

Pages carry marks by which a test can tell which way up they are: `draw_marks` puts a black square into the top left
corner and a black bar along the top, so that neither a turned nor a mirrored page looks like the original.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pikepdf
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.support.bombs import make_zlib_bomb

A3 = (841.89, 1190.55)
LETTER = (612.0, 792.0)
JAPANESE_TITLE = "東京営業所への回覧"
PASSWORD = "open sesame"


# Pictures


def draw_marks(size: tuple[int, int], mode: str = "L") -> Image.Image:
    """White, a black square top left (a sixth of the width), a thin bar along the upper edge of the right half."""
    image = Image.new(mode, size, 1 if mode == "1" else "white")
    draw = ImageDraw.Draw(image)
    side = size[0] // 6
    ink = 0 if mode in ("1", "L") else "black"
    draw.rectangle((side // 4, side // 4, side // 4 + side, side // 4 + side), fill=ink)
    draw.rectangle((size[0] // 2, side // 4, size[0] - side // 4, side // 4 + side // 5), fill=ink)
    return image


def draw_photo(size: tuple[int, int] = (600, 400)) -> Image.Image:
    """Soft colours with some detail: what a camera gives, without a camera."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float64)
    red = 127 + 110 * np.sin(x / 37) * np.cos(y / 53)
    green = 255 * y / size[1]
    blue = 127 + 100 * np.cos((x + y) / 29)
    return Image.fromarray(np.dstack([red, green, blue]).clip(0, 255).astype(np.uint8))


def draw_text_page(size: tuple[int, int] = (1654, 2339), lines: int = 40) -> Image.Image:
    """A page of smooth text, grey levels as a scanner or a renderer makes them."""
    image = draw_marks(size)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size[1] // 70)
    step = (size[1] * 3 // 4) // lines
    for line in range(lines):
        text = f"{line:02} The quick brown fox jumps over the lazy dog, and the branch office has read it."
        draw.text((size[0] // 10, size[1] // 6 + line * step), text, fill=0, font=font)
    return image


def make_jpeg(path: Path, *, orientation: int = 1, mode: str = "RGB", dpi: int | None = 150) -> Path:
    """A JPEG whose pixels are stored so that `orientation` (EXIF 1…8) turns them upright; mode RGB, L or CMYK."""
    image = store_turned(draw_marks((600, 800), "RGB"), orientation).convert(mode)
    exif = Image.Exif()
    exif[274] = orientation
    image.save(path, "JPEG", quality=95, exif=exif, **({"dpi": (dpi, dpi)} if dpi else {}))
    return path


def make_png(path: Path, *, mode: str = "RGB", dpi: int | None = 150) -> Path:
    """A PNG; mode RGB, L, 1, P, RGBA or LA (marks on nothing at all), or I;16."""
    size = (600, 800)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(draw_marks(size)).astype(np.uint16) * 257)
    elif mode in ("RGBA", "LA"):
        marks = draw_marks(size)
        image = Image.new(mode, size, (0,) * len(mode))
        image.putalpha(marks.point(lambda value: 255 - value))
    else:
        image = draw_marks(size, "1" if mode == "1" else "RGB").convert(mode)
    image.save(path, "PNG", **({"dpi": (dpi, dpi)} if dpi else {}))
    return path


_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def store_turned(image: Image.Image, orientation: int) -> Image.Image:
    """The pixels as a file with that Orientation stores them (TIFF 6.0 p. 36)."""
    return image.transpose(_STORED[orientation]) if orientation in _STORED else image


# PDF


def make_pdf(
    path: Path,
    pages: int = 1,
    *,
    size: tuple[float, float] = A4,
    kind: str = "text",
    title: str = JAPANESE_TITLE,
    rotate: int = 0,
) -> Path:
    """A PDF with marks and the page number on each page; `kind` is text, photo, vector or marks.

    `rotate` sets /Rotate (clockwise); the content is drawn so that the page then reads upright.
    """
    canvas = Canvas(str(path), pagesize=size if rotate % 180 == 0 else size[::-1], invariant=True)
    canvas.setTitle(title)
    photo = ImageReader(draw_photo()) if kind == "photo" else None
    for number in range(1, pages + 1):
        _turn(canvas, size, rotate)
        _draw_pdf_marks(canvas, size, number)
        if kind == "text":
            _draw_pdf_text(canvas, size, title)
        elif kind == "vector":
            _draw_pdf_vector(canvas, size)
        elif photo is not None:
            canvas.drawImage(photo, size[0] * 0.1, size[1] * 0.2, size[0] * 0.8, size[1] * 0.4)
        canvas.showPage()
    canvas.save()
    if rotate:
        with pikepdf.open(path, allow_overwriting_input=True) as document:
            for page in document.pages:
                page.Rotate = rotate
            document.save(path)
    return path


def _turn(canvas: Canvas, size: tuple[float, float], rotate: int) -> None:
    """The reverse of /Rotate, which turns the shown page clockwise."""
    width, height = size
    match rotate % 360:
        case 90:
            canvas.transform(0, 1, -1, 0, height, 0)
        case 180:
            canvas.transform(-1, 0, 0, -1, width, height)
        case 270:
            canvas.transform(0, -1, 1, 0, 0, width)


def _draw_pdf_marks(canvas: Canvas, size: tuple[float, float], number: int) -> None:
    width, height = size
    side = width / 6
    canvas.setFillGray(0)
    canvas.rect(side / 4, height - side * 5 / 4, side, side, stroke=0, fill=1)
    canvas.rect(width / 2, height - side * 9 / 20, width / 2 - side / 4, side / 5, stroke=0, fill=1)
    canvas.setFont("Helvetica-Bold", 48)
    canvas.drawCentredString(width / 2, height * 0.7, f"page {number}")


def _draw_pdf_text(canvas: Canvas, size: tuple[float, float], title: str) -> None:
    if "HeiseiMin-W3" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas.setFont("HeiseiMin-W3", 18)
    canvas.drawString(size[0] * 0.1, size[1] * 0.64, title)
    canvas.setFont("Times-Roman", 11)
    for line in range(30):
        canvas.drawString(size[0] * 0.1, size[1] * 0.6 - line * 14, f"{line:02} All branches print this at once. " * 2)


def _draw_pdf_vector(canvas: Canvas, size: tuple[float, float]) -> None:
    for step in range(60):
        canvas.setStrokeColorRGB(step / 60, 0.3, 1 - step / 60)
        canvas.bezier(size[0] * 0.1, size[1] * 0.1, size[0] * step / 60, size[1] * 0.6, size[0] / 2, 0, size[0] * 0.9,
                      size[1] * 0.5)  # fmt: skip


def make_form_pdf(path: Path, value: str = "filled in by the branch") -> Path:
    """A PDF with a form field that has a value."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    _draw_pdf_marks(canvas, A4, 1)
    canvas.acroForm.textfield(name="place", value=value, x=80, y=300, width=400, height=60, fontSize=30, borderWidth=2)
    canvas.save()
    return path


def make_password_pdf(path: Path, pages: int = 1) -> Path:
    """A PDF that opens only with `PASSWORD`."""
    plain = make_pdf(path.with_suffix(".plain"), pages)
    with pikepdf.open(plain) as document:
        document.save(path, encryption=pikepdf.Encryption(user=PASSWORD, owner=PASSWORD))
    plain.unlink()
    return path


def make_cut_pdf(path: Path, pages: int = 2) -> Path:
    """A PDF whose last hundredth is missing, and with it the table of objects: can be repaired."""
    raw = make_pdf(path, pages).read_bytes()
    path.write_bytes(raw[: len(raw) * 98 // 100])
    return path


def make_flate_bomb_pdf(path: Path, unpacked_mb: int = 4096) -> Path:
    """A page whose content unpacks to `unpacked_mb`."""
    return _write_page(path, make_zlib_bomb(unpacked_mb, b" "), {"/Filter": "/FlateDecode"})


def make_cyclic_form_pdf(path: Path) -> Path:
    """A page that draws a form, which draws itself twice."""
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        form = document.make_stream(b"q /F Do Q q /F Do Q 0 0 100 100 re f")
        form["/Type"], form["/Subtype"] = pikepdf.Name.XObject, pikepdf.Name.Form
        form["/BBox"] = pikepdf.Array([0, 0, 600, 800])
        form["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
        page = document.pages[0]
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
        page.Contents = document.make_stream(b"/F Do")
        document.save(path)
    return path


def make_huge_page_pdf(path: Path, side: float = 200_000) -> Path:
    """A page of `side` points each way, with a black square in its top left quarter."""
    content = f"0 g 0 {side / 2} {side / 2} {side / 2} re f".encode()
    return _write_page(path, content, {}, (side, side))


def _write_page(path: Path, content: bytes, entries: dict[str, str], size: tuple[float, float] = (595, 842)) -> Path:
    filters = "".join(f" {key} {value}" for key, value in entries.items())
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents 4 0 R >>".encode(),
        f"<< /Length {len(content)}{filters} >>\nstream\n".encode() + content + b"\nendstream",
    ]
    out = bytearray(b"%PDF-1.5\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    path.write_bytes(out)
    return path


# TIFF


def make_tiff(
    path: Path,
    pages: int = 1,
    *,
    mode: str = "1",
    compression: str = "group4",
    dpi: tuple[float, float] | None = (204, 196),
    unit: int = 2,
    size: tuple[int, int] = (1728, 2286),
    orientation: int = 1,
) -> Path:
    """A TIFF by libtiff; every page has the marks and one more black square below for each page before it.

    `compression` is one of Pillow's: group3, group4, tiff_lzw, jpeg, tiff_deflate, tiff_adobe_deflate, packbits, raw.
    `orientation` is tag 274; the pixels are stored turned, so that the page reads upright.
    """
    images = []
    for number in range(pages):
        image = draw_marks(size)
        draw = ImageDraw.Draw(image)
        for square in range(number):
            draw.rectangle((100 + 80 * square, size[1] // 2, 150 + 80 * square, size[1] // 2 + 50), fill=0)
        image = store_turned(image, orientation)
        if mode == "I;16":
            images.append(Image.fromarray(np.asarray(image).astype(np.uint16) * 257))
            continue
        images.append(image.convert(mode, dither=Image.Dither.NONE) if mode == "1" else image.convert(mode))
    info: dict[int, object] = {274: orientation}
    if dpi is not None:
        info |= {282: float(dpi[0]), 283: float(dpi[1]), 296: unit}
    images[0].save(path, "TIFF", compression=compression, tiffinfo=info, save_all=True, append_images=images[1:])
    return path


Entry = tuple[int, int, int, int]
"""(tag, type, count, value) of a TIFF directory."""


def write_ifds(path: Path, directories: Sequence[Sequence[Entry]], data: bytes, *, next_of_last: int = 0) -> Path:
    """A little-endian TIFF put together by hand: `data` begins at byte 8, then one directory after the other.

    A value of -1 is replaced by 8, where the data is.
    """
    out = bytearray(b"II*\0" + struct.pack("<I", 8 + len(data)) + data)
    for number, entries in enumerate(directories):
        out += struct.pack("<H", len(entries))
        for tag, kind, count, value in sorted(entries):
            out += struct.pack("<HHII", tag, kind, count, 8 if value == -1 else value)
        last = number == len(directories) - 1
        out += struct.pack("<I", next_of_last if last else len(out) + 4)
    path.write_bytes(out)
    return path


def plain_directory(width: int, height: int, length: int, **more: int) -> list[Entry]:
    """Tags of an uncompressed bilevel page (0 is white) whose data is at byte 8."""
    tags = {256: width, 257: height, 258: 1, 259: 1, 262: 0, 273: -1, 277: 1, 278: height, 279: length}
    tags |= {int(key.removeprefix("t")): value for key, value in more.items()}
    return [(tag, 4, 1, value) for tag, value in tags.items()]


def make_fill_order_tiff(path: Path) -> Path:
    """Uncompressed bilevel, FillOrder 2: the lowest bit of a byte is the leftmost pixel."""
    size = (800, 1000)
    bits = ~np.asarray(draw_marks(size, "1"))
    data = np.packbits(bits, axis=1, bitorder="little").tobytes()
    return write_ifds(path, [plain_directory(*size, len(data), t266=2)], data)


def make_twelve_bit_tiff(path: Path) -> Path:
    """12 bit grey, uncompressed."""
    size = (600, 800)
    grey = np.asarray(draw_marks(size)).astype(np.uint16) * 16 + 15
    even, odd = grey[:, 0::2], grey[:, 1::2]
    packed = np.dstack([even >> 4, (even & 15) << 4 | odd >> 8, odd & 255]).astype(np.uint8).tobytes()
    return write_ifds(path, [plain_directory(*size, len(packed), t258=12, t262=1)], packed)


def make_cyclic_tiff(path: Path) -> Path:
    """Two directories, the second of which names the first as the next."""
    data = bytes(100)
    directories = [plain_directory(80, 10, 100)] * 2
    return write_ifds(path, directories, data, next_of_last=8 + len(data))


def make_endless_tiff(path: Path, pages: int = 100_000) -> Path:
    """Very many tiny pages."""
    return write_ifds(path, [plain_directory(80, 10, 100)] * pages, bytes(100))


def make_huge_tiff(path: Path, side: int = 1_000_000) -> Path:
    """A page that says it is `side` pixels square, in a file of 200 bytes."""
    return write_ifds(path, [plain_directory(side, side, 100)], bytes(100))


def make_tiled_tiff(path: Path) -> Path:
    """8 bit grey in uncompressed tiles of 256 x 256."""
    size, side = (512, 768), 256
    grey = np.asarray(draw_marks(size))
    tiles = [
        grey[top : top + side, left : left + side].tobytes()
        for top in range(0, size[1], side)
        for left in range(0, size[0], side)
    ]
    offsets = struct.pack("<6I", *(8 + 48 + number * side * side for number in range(6)))
    counts = struct.pack("<6I", *[side * side] * 6)
    tags = {256: (1, 512), 257: (1, 768), 258: (1, 8), 259: (1, 1), 262: (1, 1), 277: (1, 1)}
    tags |= {322: (1, side), 323: (1, side), 324: (6, 8), 325: (6, 8 + 24)}
    return write_ifds(path, [[(tag, 4, *entry) for tag, entry in tags.items()]], offsets + counts + b"".join(tiles))


# What came out


def has_marks(image: Image.Image) -> bool:
    """True when the marks of `draw_marks` are seen upright on a picture that may have white around the page."""
    grey = np.asarray(image.convert("L"))
    rows, columns = np.flatnonzero((grey < 128).any(axis=1)), np.flatnonzero((grey < 128).any(axis=0))
    if rows.size == 0:
        return False
    inked = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = inked.shape[1] // 9
    left = inked[:side, :side].mean() < 100
    corner_right = inked[side * 6 // 5 : side * 2, -side:].mean() > 200
    bar = inked[: max(1, side // 8), -side:].mean() < 128
    return bool(left and corner_right and bar)


def difference(one: Image.Image, other: Image.Image, height: int = 200) -> float:
    """Mean absolute difference (0…255) of two pictures after both are averaged down to the same small size."""
    size = (max(1, round(one.width * height / one.height)), height)
    pair = [np.asarray(image.convert("L").resize(size, Image.Resampling.BOX), np.float64) for image in (one, other)]
    return float(np.abs(pair[0] - pair[1]).mean())


def from_pixels(pixels: NDArray[np.uint8]) -> Image.Image:
    """A picture of an array of grey or RGB."""
    return Image.fromarray(pixels)


def open_picture(path: Path) -> Image.Image:
    """A picture of a file, loaded, the file closed."""
    with Image.open(path) as image:
        image.load()
        return image.copy()
