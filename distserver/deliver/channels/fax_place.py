"""Where a fax stands: the `remote_id` of its deliveries, which outlives crashes and goes from one call to the next.

`HOST:PORT JOB done=N stuck=N`: the server and its number of the job, how many pages the far end had confirmed before
that job, and how many calls in a row have failed on the same page. Between calls there is no job: `- - done=N stuck=N`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"(?:-|(\S+)) (?:-|(\d+)) done=(\d+) stuck=(\d+)\Z")


@dataclass(frozen=True, slots=True)
class FaxPlace:
    """`server` and `job` are None between calls."""

    server: str | None = None
    job: int | None = None
    done: int = 0
    stuck: int = 0

    def __str__(self) -> str:
        return f"{self.server or '-'} {self.job if self.job is not None else '-'} done={self.done} stuck={self.stuck}"

    def after(self, pages: int, *, stuck: bool) -> FaxPlace:
        """Between calls, after one that brought so many pages; `stuck`: it failed on a page."""
        failed = (0 if pages else self.stuck) + 1 if stuck else self.stuck
        return FaxPlace(None, None, self.done + pages, failed)


def read_place(remote_id: str | None) -> FaxPlace:
    """What `str` has made of it; at the beginning where it is anything else."""
    found = _PLACE.match(remote_id or "")
    if found is None:
        return FaxPlace()
    return FaxPlace(found[1], int(found[2]) if found[2] else None, int(found[3]), int(found[4]))
