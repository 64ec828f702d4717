"""Dots per inch of a picture, whatever its file says or leaves out."""

from __future__ import annotations

from distwire.tiff.fax import LINE_WIDTHS

Dpi = tuple[float, float]

UNKNOWN_DPI = 100.0
"""Taken for a picture that does not say: small ones are not blown up beyond it, large ones are fitted to the paper."""

_LEAST, _MOST = 20.0, 5000.0
_FAX_WIDTHS = LINE_WIDTHS[204]

_CM = 2.54


def picture_dpi(pixels: tuple[int, int], said: Dpi | None) -> Dpi:
    """`said` if it makes sense, else what the shape of a fax page gives away, else `UNKNOWN_DPI` square."""
    if said is not None and all(_LEAST <= value <= _MOST for value in said) and max(said) / min(said) <= 8:
        return said
    width, height = pixels
    if width in _FAX_WIDTHS:
        return (204.0, 98.0) if height < width else (204.0, 196.0)
    return UNKNOWN_DPI, UNKNOWN_DPI


def tiff_dpi(x: float, y: float, unit: int) -> Dpi | None:
    """XResolution, YResolution and ResolutionUnit (1 none, 2 inch, 3 cm) as dots per inch, or None if nonsense.

    Without a unit the numbers still tell the shape of a pixel; fax software writes dots per inch all the same.
    """
    if not (x > 0 and y > 0):
        return None
    if unit == 3:
        return x * _CM, y * _CM
    if unit == 1 and not (_LEAST <= x <= _MOST and _LEAST <= y <= _MOST):
        larger = max(x, y)
        return UNKNOWN_DPI * x / larger, UNKNOWN_DPI * y / larger
    return x, y
