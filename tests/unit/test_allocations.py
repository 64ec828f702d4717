"""A program looks seldom for cycles of objects that nobody has, and not at all at its end."""

from __future__ import annotations

import subprocess
import sys

from tests.support.sources import ROOT

_PROGRAM = """
import atexit, gc
from distwire.allocations import spare_looks
atexit.register(lambda: print(gc.get_freeze_count() > 1000))
with spare_looks():
    print(gc.isenabled(), gc.get_threshold()[0] > 700)
    raise SystemExit(3)
"""


def test_it_looks_seldom_and_ends_as_it_was_told_without_a_look() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split(), done.stderr) == (3, ["True", "True", "True"], "")
