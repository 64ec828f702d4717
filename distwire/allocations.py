"""How often Python looks for cycles of objects that nobody has any more, in programs that load much and keep it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 20_000


@contextmanager
def spare_looks() -> Iterator[None]:
    """Look seldom while the block runs, and no more when it ends: then the process does, and the system has it all.

    Loading a server makes hundreds of thousands of objects that stay. With Python's own threshold of 700 a tenth of
    its start goes into looking through them, and as much once more into a last look at its end.
    """
    gc.set_threshold(_ALLOCATIONS)
    try:
        yield
    finally:
        gc.freeze()
