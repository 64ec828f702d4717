"""Keeps of many scripts those that are needed: `python -m tests.fuzz.distill FOLDER… [--into tests/fuzz/corpus]`.

Scripts are played from the smallest on; one is kept when it takes a step from line to line of the IPP code, or gets an
answer, that none before it did.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.campaign import CORPUS
from tests.fuzz.findings import Finding
from tests.fuzz.seeds import make_seeds
from tests.fuzz.watch import Watch

_WATCHED = ("distwire/ipp/", "distserver/intake/ipp/", "distserver/jobs/incoming", "distserver/plan/media")
_MOST_OCTETS = 6_000
Step = tuple[str, int, int]


class Steps:
    """A trace function that notes from which line to which the code goes."""

    def __init__(self) -> None:
        self.seen: set[Step] = set()
        self._names: dict[str, str | None] = {}

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        name = frame.f_code.co_filename
        if name not in self._names:
            self._names[name] = name if any(word in name for word in _WATCHED) else None
        if self._names[name] is None:
            return None
        last = frame.f_lineno

        def follow(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal last
            self.seen.add((name, last, frame.f_lineno if event != "exception" else -1))
            last = frame.f_lineno
            return follow

        return follow


def distill(scripts: Iterable[bytes], home: Path) -> Iterator[bytes]:
    """Those that are needed, the smallest first."""
    found: list[Finding] = []
    watch, steps, answers = Watch(found.append), Steps(), 0
    with watch.over(home):
        for raw in sorted(set(scripts), key=lambda script: (len(script), script)):
            before = len(steps.seen)
            sys.settrace(steps)
            try:
                watch.play(raw)
            finally:
                sys.settrace(None)
            if len(steps.seen) > before or len(watch.tally.answers) > answers:
                answers = len(watch.tally.answers)
                yield raw


def main(argv: list[str] | None = None) -> int:
    """Replaces the corpus by what is needed of it, of the seeds and of the folders."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.distill", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--into", type=Path, default=CORPUS, metavar="FOLDER")
    given = parser.parse_args(argv)
    given.into.mkdir(exist_ok=True)
    paths = [path for folder in (given.into, *given.folders) for path in folder.iterdir()]
    scripts = [*make_seeds(), *(path.read_bytes() for path in paths if path.stat().st_size <= _MOST_OCTETS)]
    with tempfile.TemporaryDirectory() as home:
        kept = list(distill(scripts, Path(home) / "home"))
    for path in given.into.iterdir():
        path.unlink()
    for raw in kept:
        (given.into / hashlib.sha256(raw).hexdigest()[:16]).write_bytes(raw)
    print(f"kept {len(kept)} of {len(scripts)} scripts, {sum(map(len, kept)) >> 10} KB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
