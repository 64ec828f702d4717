"""Prints one job: asks for pages one by one, waits for paper before each sheet, counts what came out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mfp_client.printing.job import Job
from mfp_client.printing.output import Bin
from mfp_client.printing.profiles import ONE_SIDED
from mfp_client.printing.rasterizer import Order, PrintedPage, Rasterizer, rasterize


@dataclass(slots=True)
class Press:
    """The mechanism, set up for one job. `wait_for_paper` returns when the tray has a sheet."""

    job: Job
    order: Order
    bin: Bin
    seconds_per_page: float
    wait_for_paper: Callable[[Job], Awaitable[None]]

    async def print_all(self) -> None:
        """Print all copies. Raises `Unprintable` and `OutputFailed`; may be cancelled at any moment."""
        async with rasterize(self.order) as rasterizer:
            self.job.pages = rasterizer.total
            pages = await self._print_first_copy(rasterizer)
        self.job.pages = len(pages)
        for _copy in range(1, self.job.ticket.copies):
            for at, page in enumerate(pages):
                await self._lay(page, at)
            self._end_copy(pages)

    async def _print_first_copy(self, rasterizer: Rasterizer) -> list[PrintedPage]:
        pages: list[PrintedPage] = []
        while (page := await rasterizer.next_page()) is not None:
            sheet, side = await self._lay(page, len(pages))
            self.bin.put_page(page, sheet, side)
            pages.append(page)
        self._end_copy(pages)
        return pages

    async def _lay(self, page: PrintedPage, at: int) -> tuple[int, str]:
        """Print one side; returns its sheet within the copy (from 1) and `front` or `back`."""
        one_sided = page.sides == ONE_SIDED
        front = one_sided or at % 2 == 0
        if front:
            await self.wait_for_paper(self.job)
        if self.seconds_per_page:
            await asyncio.sleep(self.seconds_per_page)
        self.job.impressions += 1
        if one_sided or not front:
            self.job.sheets += 1
        return (at if one_sided else at // 2) + 1, "front" if front else "back"

    def _end_copy(self, pages: list[PrintedPage]) -> None:
        """The last sheet of a two-sided copy with an odd number of pages comes out with an empty back."""
        if len(pages) % 2 and pages[-1].sides != ONE_SIDED:
            self.job.sheets += 1
