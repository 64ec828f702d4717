"""TIFF by Pillow and libtiff, page by page, after the guard has had a look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from distserver.errors import DocumentRefused
from distserver.render.sources.page import Picture, SourceLimits, SourcePage
from distserver.render.sources.picture import PILLOW_ERRORS
from distserver.render.sources.resolution import Dpi, picture_dpi, tiff_dpi
from distserver.render.sources.tiff_guard import TiffFrame, read_frames
from distserver.render.sources.tones import flatten_tones, to_srgb

_X_RESOLUTION, _Y_RESOLUTION, _UNIT = 282, 283, 296
_TURNED = (5, 6, 7, 8)


class TiffSource:
    """An open TIFF. Raises `DocumentRefused`."""

    def __init__(self, path: str, limits: SourceLimits) -> None:
        # By its file, not its name: Pillow maps a named file, and then mistakes the size of turned ones.
        self._file = Path(path).open("rb")  # noqa: SIM115 - closed by __exit__
        try:
            self._frames = read_frames(self._file, limits)
            self._file.seek(0)
            self._image = Image.open(self._file, formats=("TIFF",))
        except DocumentRefused:
            self._file.close()
            raise
        except PILLOW_ERRORS as error:
            self._file.close()
            raise DocumentRefused("the TIFF is damaged: scan or save it once more, and send that") from error

    @property
    def pages(self) -> int:
        """How many pages it has, thumbnails not counted."""
        return len(self._frames)

    @property
    def oriented(self) -> bool:
        """See `PageSource.oriented`."""
        return False

    def read_pages(self, chosen: Sequence[int] | None = None) -> Iterator[SourcePage]:
        """See `PageSource.read_pages`."""
        for number in range(len(self._frames)) if chosen is None else chosen:
            frame = self._frames[number]
            try:
                yield self._read(frame)
            except PILLOW_ERRORS as error:
                kind = f"{frame.samples} x {frame.bits} bits, compression {frame.compression}"
                raise DocumentRefused(
                    f"page {number + 1} of the TIFF is damaged or of an unusual kind ({kind}): "
                    "open it where it was made, save it as PDF or plain TIFF, and send that"
                ) from error

    def __enter__(self) -> TiffSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._image.close()
        self._file.close()

    def _read(self, frame: TiffFrame) -> Picture:
        image = self._image
        image.seek(frame.index)
        said = _read_dpi(image)
        dpi = picture_dpi((frame.width, frame.height), said)
        image.load()  # Pillow turns it upright by its Orientation here, but leaves the resolutions as they are
        bits = 12 if frame.bits == 12 else 16
        return Picture(flatten_tones(to_srgb(image), bits), (dpi[1], dpi[0]) if frame.orientation in _TURNED else dpi)


def _read_dpi(image: Image.Image) -> Dpi | None:
    tags = getattr(image, "tag_v2", {})
    x, y = tags.get(_X_RESOLUTION), tags.get(_Y_RESOLUTION)
    if x is None or y is None:
        return None
    try:
        return tiff_dpi(float(x), float(y), int(tags.get(_UNIT, 2)))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
