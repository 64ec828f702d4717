"""Prints one job: asks for pages one by one, waits for paper before each sheet, counts what came out.

A job that a power cut interrupted goes on behind the last side that its bin holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mfp_client.printing.job import Job
from mfp_client.printing.output import Bin
from mfp_client.printing.profiles import ONE_SIDED
from mfp_client.printing.progress import BACK, Laid, count_sheets
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
        laid = self.bin.laid
        self.job.impressions, self.job.sheets = len(laid), count_sheets(laid)
        pages = [one.page for one in laid if one.copy == 1]
        if not laid or laid[-1].copy == 1:
            async with rasterize(self.order, first=len(pages) + 1) as rasterizer:
                self.job.pages = rasterizer.total
                await self._print_first_copy(rasterizer, pages)
        self.job.pages = len(pages)
        for copy in range(2, self.job.ticket.copies + 1):
            await self._print_copy(copy, pages)
        await self.bin.hand_over(self.job)

    async def _print_first_copy(self, rasterizer: Rasterizer, pages: list[PrintedPage]) -> None:
        """Print what is not among `pages` yet, and add it."""
        while (page := await rasterizer.next_page()) is not None:
            await self._lay(1, page, len(pages))
            pages.append(page)
        self._end_copy(pages)

    async def _print_copy(self, copy: int, pages: list[PrintedPage]) -> None:
        out = sum(1 for one in self.bin.laid if one.copy == copy)
        if any(one.copy > copy for one in self.bin.laid):
            return
        for at in range(out, len(pages)):
            await self._lay(copy, pages[at], at)
        self._end_copy(pages)

    async def _lay(self, copy: int, page: PrintedPage, at: int) -> None:
        """Print one side, the `at`-th (from 0) of its copy."""
        one_sided = page.sides == ONE_SIDED
        front = one_sided or at % 2 == 0
        if front:
            await self.wait_for_paper(self.job)
        if self.seconds_per_page:
            await asyncio.sleep(self.seconds_per_page)
        sheet = (at if one_sided else at // 2) + 1
        laid = Laid(copy, page, sheet, "front" if front else BACK)
        self.bin.put_page(laid)
        self.job.impressions += 1
        self.job.sheets += laid.ends_sheet

    def _end_copy(self, pages: list[PrintedPage]) -> None:
        """The last sheet of a two-sided copy with an odd number of pages comes out with an empty back."""
        if len(pages) % 2 and pages[-1].sides != ONE_SIDED:
            self.job.sheets += 1
