"""Pages much longer than those of a fax, such as a till or a chart recorder makes: over as many as they need."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from distserver.model.documents import Layout, Scaling
from distserver.render.outputs.sides import Side
from distserver.render.placement import Placement, Points, Sheet

_WORTH_CUTTING = 0.8
"""A page that fits at this part of the size that its width allows is made smaller and stays whole: Legal on A4 does."""

_OVERLAP_MM = 5
_MOST_CUTS = 100


def cut_sides(sides: Iterable[Side], layout: Layout, sheet: Sheet) -> Iterator[Side]:
    """The sides; one that is a single long page comes as several, each of which repeats a little of the one before."""
    cuttable = layout.number_up == 1 and layout.scaling not in (Scaling.FILL, Scaling.NONE)
    for side in sides:
        spot = next(side, None) if cuttable else None
        if spot is None:
            yield side
            continue
        for place in cut_page(spot.page.size, spot.place, sheet, enlarge=layout.scaling is Scaling.FIT):
            yield iter((replace(spot, place=place),))


def cut_page(page: Points, place: Placement, sheet: Sheet, *, enlarge: bool = False) -> list[Placement]:
    """Where a page that was to lie at `place` goes, on one sheet after the other; `place` alone for most."""
    across, down = page if place.turns % 2 == 0 else page[::-1]
    full = across * sheet.dpi[0] / 72, down * sheet.dpi[1] / 72
    if min(full) <= 0:
        return [place]
    scale = sheet.size[0] / full[0] if enlarge else min(1.0, sheet.size[0] / full[0])
    width, height = max(1, round(full[0] * scale)), round(full[1] * scale)
    if height * _WORTH_CUTTING <= sheet.size[1]:
        return [place]
    overlap = _OVERLAP_MM * sheet.dpi[1] * 10 // 254
    step = max(1, sheet.size[1] - overlap)
    cuts = math.ceil((height - overlap) / step)
    if cuts > _MOST_CUTS:
        return [place]
    left = (sheet.size[0] - width) // 2
    return [Placement(left, -number * step, width, height, place.turns) for number in range(cuts)]
