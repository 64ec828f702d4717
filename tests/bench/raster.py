"""The PWG raster codec beside libcups, and a whole page from PDF beside Ghostscript."""

from __future__ import annotations

import argparse
import ctypes
import io
import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from distserver.model.documents import PDF, PWG_RASTER, RenditionClass
from distserver.render.outputs import write_rendition
from distserver.render.sources import SourceLimits
from distserver.render.tasks import ConvertTask, InputFile
from distwire.raster import PageHeader, PwgWriter, read_pages
from distwire.raster.pwg import pack_header
from tests.support.documents import make_pdf

Pixels = NDArray[np.uint8]

WRITE_PWG = 3
WORDS = slice(256, 580)
"""The part of a page header that libcups wants in the machine's own byte order."""

A4_SIZE = (21000, 29700)
LIMITS = SourceLimits(5000, 640 << 20)


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object."""
    parser = argparse.ArgumentParser(prog="deploy/bench raster", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 dpi only, fewer rounds")
    quick = parser.parse_args(argv).quick
    rounds = 3 if quick else 7
    lines: list[dict[str, object]] = []
    print(f"{'page':<24} {'encode ms':>10} {'decode ms':>10} {'libcups ms':>11} {'ratio':>6} {'KB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("text", "photo"):
            source = make_pdf(Path(folder, f"{kind}.pdf"), kind=kind)
            for dpi in (300,) if quick else (300, 600):
                for name in ("black_1", "sgray_8", "srgb_8"):
                    lines.append(_measure_codec((kind, dpi, name), _draw(source, dpi, name), rounds))
        chain = _measure_chain(make_pdf(Path(folder, "ten.pdf"), 10), Path(folder), rounds)
    print(f"\nten pages of text, PDF to 300 dpi grey: ours {chain['ours_ms']} ms, Ghostscript {chain['gs_ms']} ms CPU")
    print(json.dumps({"codec": lines, "chain": chain}))
    return 0


def _draw(source: Path, dpi: int, name: str) -> Pixels:
    with pdfium.PdfDocument(source) as document:
        bitmap = document[0].render(scale=dpi / 72, grayscale=name != "srgb_8", rev_byteorder=True)
        pixels: Pixels = np.array(bitmap.to_numpy(), np.uint8)
    if name == "srgb_8":
        return pixels
    grey = pixels.reshape(pixels.shape[:2])
    return np.packbits(grey < 128, axis=1) if name == "black_1" else grey


def _measure_codec(what: tuple[str, int, str], pixels: Pixels, rounds: int) -> dict[str, object]:
    kind, dpi, name = what
    width = round(595.28 * dpi / 72) if name == "black_1" else pixels.shape[1]
    width = min(width, pixels.shape[1] * 8) if name == "black_1" else width
    if name == "black_1":
        pixels = pixels[:, : (width + 7) // 8]
    header = PageHeader(width, pixels.shape[0], (dpi, dpi), name)
    written = io.BytesIO()
    PwgWriter(written).write_page(header, pixels)
    encode = _cpu_ms(lambda: PwgWriter(io.BytesIO()).write_page(header, pixels), rounds)
    decode = _cpu_ms(lambda: list(read_pages(io.BytesIO(written.getvalue()))), rounds)
    peer = _measure_libcups(header, pixels, rounds)
    ratio = encode / peer if peer else None
    said = f"{peer:>11.1f} {ratio:>6.2f}" if peer and ratio else f"{'absent':>11} {'':>6}"
    size = len(written.getvalue())
    print(f"{kind + ' ' + str(dpi) + ' ' + name:<24} {encode:>10.1f} {decode:>10.1f} {said} {size / 1024:>8.0f}")
    return {"page": kind, "dpi": dpi, "type": name, "encode_ms": encode, "decode_ms": decode, "libcups_ms": peer,
            "ratio": ratio, "bytes": size}  # fmt: skip


def _measure_libcups(header: PageHeader, pixels: Pixels, rounds: int) -> float | None:
    """CPU ms of libcups' writer for the same page, or None where it is not installed."""
    try:
        lib = ctypes.CDLL("libcups.so.2")
    except OSError:
        return None
    lib.cupsRasterOpen.restype = ctypes.c_void_p
    lib.cupsRasterWriteHeader2.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    lib.cupsRasterWritePixels.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint]
    lib.cupsRasterClose.argtypes = [ctypes.c_void_p]
    raw = bytearray(pack_header(header))
    raw[WORDS] = np.frombuffer(bytes(raw[WORDS]), ">u4").astype("=u4").tobytes()
    data = pixels.tobytes()

    def write() -> None:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        stream = lib.cupsRasterOpen(descriptor, WRITE_PWG)
        lib.cupsRasterWriteHeader2(stream, bytes(raw))
        lib.cupsRasterWritePixels(stream, data, len(data))
        lib.cupsRasterClose(stream)
        os.close(descriptor)

    return _cpu_ms(write, rounds)


def _measure_chain(source: Path, folder: Path, rounds: int) -> dict[str, float | None]:
    klass = RenditionClass(PWG_RASTER, type="sgray_8", dpi=(300, 300), media_size=A4_SIZE)
    task = ConvertTask((InputFile(str(source), PDF),), str(folder / "ours.pwg"), klass)
    ours = _cpu_ms(lambda: write_rendition(task, LIMITS, lambda _: None), rounds)
    command = ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pwgraster", "-r300", "-dcupsColorSpace=18"]
    command += ["-dcupsBitsPerColor=8", f"-sOutputFile={folder / 'gs.pwg'}", str(source)]
    try:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    except FileNotFoundError:
        return {"ours_ms": round(ours), "gs_ms": None, "ratio": None}
    peer = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"ours_ms": round(ours), "gs_ms": round(peer), "ratio": round(ours / peer, 2)}


def _cpu_ms(work: Callable[[], object], rounds: int) -> float:
    """The least CPU time of some rounds: what others do on the machine only adds."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return round(best * 1000, 1)


if __name__ == "__main__":
    raise SystemExit(main())
