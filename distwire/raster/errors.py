"""The one error of this package."""

from __future__ import annotations


class RasterError(ValueError):
    """The bytes are no raster stream we can read, or what was to be written does not fit its header."""
