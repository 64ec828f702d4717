"""Where a fax stands: the `remote_id` of its deliveries, which outlives crashes and goes from one call to the next.

`HOST:PORT JOB done=N stuck=N made=TIME`: the server and its number of the job, how many pages the far end had confirmed
before that job, how many calls in a row have failed on the same page, and when the job was made (milliseconds since the
epoch). While it is being made it has no number yet, and between calls there is none: `- - done=N stuck=N made=0`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"(?:-|(\S+)) (?:-|(\d+)) done=(\d+) stuck=(\d+) made=(\d+)\Z")


@dataclass(frozen=True, slots=True)
class FaxPlace:
    """`server` and `job` are None between calls, `job` alone as long as the server has not said its number."""

    server: str | None = None
    job: int | None = None
    done: int = 0
    stuck: int = 0
    made: int = 0

    def __str__(self) -> str:
        job = "-" if self.job is None else self.job
        return f"{self.server or '-'} {job} done={self.done} stuck={self.stuck} made={self.made}"

    def tag(self, name: str) -> str:
        """By which the server is asked for the job of this call, and for no other call of the delivery `name`."""
        return f"{name}.{self.made}"

    @property
    def between(self) -> FaxPlace:
        """As it stands when there is no job of it any more, and none has brought anything since."""
        return FaxPlace(None, None, self.done, self.stuck)

    def after(self, pages: int, *, stuck: bool) -> FaxPlace:
        """Between calls, after one that brought so many pages; `stuck`: it failed on a page."""
        failed = (0 if pages else self.stuck) + 1 if stuck else self.stuck
        return FaxPlace(None, None, self.done + pages, failed)


def read_place(remote_id: str | None) -> FaxPlace:
    """What `str` has made of it; at the beginning where it is anything else."""
    found = _PLACE.match(remote_id or "")
    if found is None:
        return FaxPlace()
    job, *numbers = found[2], found[3], found[4], found[5]
    return FaxPlace(found[1], int(job) if job else None, *map(int, numbers))


def read_made(tag: str) -> int:
    """When the job with this tag was made; 0 where it does not say so."""
    made = tag.rpartition(".")[2]
    return int(made) if made.isdecimal() else 0
