"""Where the mark stands on a sheet, in millimetres. Drawing and reading share it; changing it makes old sheets slower
to read, not unreadable: the reader looks at the whole page in the end.

The patch lies in the upper right corner of the page:

    ┌──────────────────────────────────────────────────┐
    │  ▛▀▜▞▚▐   ║║▌║│║▌│║▌║│║▌║▌│║║▌║│║▌│║▌║│║▌║▌│║▌║   │
    │  ▌▚▟▞▐▄   ║║▌║│║▌│║▌║│║▌║▌│║║▌║│║▌│║▌║│║▌║▌│║▌║   │
    │           1234 5678       made …, good until …   │
    │           Title                                   │
    └──────────────────────────────────────────────────┘

Sizes of modules are whole dots at 300 and 600 dpi: a printer then draws all bars alike. What spoils the corner of a
page spoils one of the symbols first, so they stand side by side.
"""

from __future__ import annotations

from typing import Final

MM_PER_INCH: Final = 25.4
LANGUAGES: Final = ("en", "ja")
"""Of the words on a sheet."""

BAR: Final = MM_PER_INCH * 6 / 300
"""Module of Code 128, 0.508 mm; thinner ones are lost on faxes of standard resolution."""
BARS_HEIGHT: Final = 14.0
CELL: Final = MM_PER_INCH * 10 / 300
"""Module of Data Matrix, 0.847 mm."""
BARS: Final = 178
CELLS: Final = 18
"""Modules of a payload of 26 digits, without quiet zones."""

PATCH_RIGHT: Final = 12.0
PATCH_TOP: Final = 10.0
"""From the edges of the page: what a printer cannot reach, and what leaves the page that a feeder draws in askew. The
corner of A4 at 5 degrees is 13 mm out."""
PATCH_PAD: Final = 3.0
QUIET: Final = BAR * 10
"""Left and right of Code 128 (ISO/IEC 15417 §4.4); more than Data Matrix asks for (ISO/IEC 16022 §7.1)."""
BARS_WIDTH: Final = BAR * BARS
CELLS_SIDE: Final = CELL * CELLS
BARS_LEFT: Final = QUIET + CELLS_SIDE + QUIET
"""From the patch's left edge. The words stand below the bars: under the cells they would be in their quiet zone."""
PATCH_WIDTH: Final = QUIET + BARS_WIDTH + QUIET + CELLS_SIDE + QUIET
PATCH_HEIGHT: Final = PATCH_PAD + CELLS_SIDE + 11.5

SEARCH_WIDTH: Final = 156.0
SEARCH_HEIGHT: Final = 68.0
"""What is cut out around the patch: room for a skew of 6 degrees about the middle of A4, 5 % in size, 5 mm of shift."""
