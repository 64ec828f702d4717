"""One process of a campaign: atheris changes scripts, guided by which lines of the IPP code they reach.

    python -m tests.fuzz.fuzzer FOLDER --count N --seed S [--thorough] [--postgresql]

FOLDER/corpus is what it begins with and adds to, FOLDER/findings where it puts scripts that find something, and
FOLDER/tally-S.json what it counted. It ends by itself after that many requests. libFuzzer, which is inside atheris,
does not come back: all that is to be kept is on the disk when it ends, however it does.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import atheris

_GUIDED_BY = ["distwire.ipp", "distserver.intake.ipp", "distserver.jobs.incoming", "distserver.plan.media"]
with atheris.instrument_imports(include=_GUIDED_BY, enable_loader_override=False):
    from tests.fuzz.findings import Finding
    from tests.fuzz.mutation import mutate_script
    from tests.fuzz.watch import Watch
    from tests.support.postgres import run_postgres

MOST_OCTETS = 12_000
_LONGEST_SECONDS = 120
_WRITE_SECONDS = 5.0
_MEASURE_EVERY = 2_000
_MEMORY_MB = 2_000


class Fuzzer:
    """Plays what atheris makes until it has counted enough."""

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self._folder = folder
        self._count = count
        self._tally_path = folder / f"tally-{seed}.json"
        self._stack = ExitStack()
        self._home = Path(tempfile.mkdtemp(prefix="fuzz-", dir=folder))
        self.watch = Watch(self._keep)
        self._changed = False
        self._written = time.monotonic()
        self._measured = 0
        self._seconds = time.process_time()

    def begin(self, *, thorough: bool, postgresql: bool) -> None:
        url = self._stack.enter_context(run_postgres()).create_database() if postgresql else ""
        self._stack.enter_context(self.watch.over(self._home / "home", thorough=thorough, database=url))

    def stop(self, number: int, frame: object) -> None:
        """SIGTERM: end in order, with the next script."""
        self._count = 0

    def play(self, raw: bytes) -> None:
        """What atheris calls; what it did not change (it begins with the corpus) is counted apart."""
        tally, before = self.watch.tally, self.watch.tally.requests
        self.watch.play(raw)
        if not self._changed:
            tally.replayed += tally.requests - before
            tally.requests = before
        self._changed = False
        if tally.requests >= self._measured:
            self._measured = tally.requests + _MEASURE_EVERY
            tally.growth.append(self.watch.measure())
        if tally.requests >= self._count:
            self._end()
        if time.monotonic() - self._written > _WRITE_SECONDS:
            self._write()

    def change(self, raw: bytes, most: int, seed: int) -> bytes:
        """What atheris calls for another script."""
        self._changed = True
        return mutate_script(raw, most, random.Random(seed), _scramble)

    def _end(self) -> None:
        self._stack.close()
        self.watch.tally.growth.append(self.watch.measure())
        shutil.rmtree(self._home, ignore_errors=True)
        self._write()
        sys.stdout.flush()
        os._exit(0)

    def _write(self) -> None:
        self.watch.tally.seconds = time.process_time() - self._seconds
        part = self._tally_path.with_suffix(".part")
        part.write_text(self.watch.tally.dump(), "utf-8")
        part.replace(self._tally_path)
        self._written = time.monotonic()

    def _keep(self, finding: Finding) -> None:
        name = hashlib.sha256(finding.key.encode()).hexdigest()[:12]
        folder = self._folder / "findings"
        (folder / f"{name}.script").write_bytes(finding.script)
        (folder / f"{name}.txt").write_text(f"{finding.key}\n\n{finding.details}\n", "utf-8")


def _scramble(data: bytes, chance: random.Random) -> bytes:
    """By libFuzzer, which knows the constants that the code has compared with."""
    return atheris.Mutate(data, len(data) + 16) if data else chance.randbytes(4)


def _find_memory_limit() -> int:
    """In MB: what this process may take beyond the peak that it begins with, which is that of whoever started it."""
    return _MEMORY_MB + (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args()
    logging.getLogger().setLevel(logging.INFO)
    for name in ("corpus", "findings"):
        (given.folder / name).mkdir(parents=True, exist_ok=True)
    fuzzer = Fuzzer(given.folder, given.count, given.seed)
    options = [
        f"-seed={given.seed}", f"-max_len={MOST_OCTETS}", "-len_control=0", f"-timeout={_LONGEST_SECONDS}",
        f"-rss_limit_mb={_find_memory_limit()}", "-detect_leaks=0", "-print_final_stats=0", "-print_pcs=0", "-reload=0",
        "-handle_term=0",
        f"-artifact_prefix={given.folder}/findings/{given.seed}-", str(given.folder / "corpus"),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], fuzzer.play, custom_mutator=fuzzer.change)
    fuzzer.begin(thorough=given.thorough, postgresql=given.postgresql)
    signal.signal(signal.SIGTERM, fuzzer.stop)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
