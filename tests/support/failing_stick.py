"""A medium that says that it has room and fails when it is written: a file system in a file that can hold but a part of
it. What a stick with a broken cell, or one that is pulled, looks like to a program."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.small_disk import mount_small_disk

_SAYS_MEGABYTES, _HAS_MEGABYTES = 16, 1


def may_loop() -> bool:
    """Whether this machine can mount a file."""
    return Path("/dev/loop-control").exists() and Path("/sbin/mkfs.ext2").exists()


@contextlib.contextmanager
def mount_failing_stick(folder: Path) -> Iterator[Path]:
    """Mounted at `folder/stick` for as long as the block runs."""
    place = folder / "stick"
    place.mkdir()
    with mount_small_disk(folder / "cells", _HAS_MEGABYTES):
        cells = folder / "cells" / "it.img"
        _run("truncate", "-s", f"{_SAYS_MEGABYTES}M", str(cells))
        _run("/sbin/mkfs.ext2", "-q", "-m", "0", "-b", "1024", "-N", "64", str(cells))
        _run("mount", "-o", "loop", str(cells), str(place))
        try:
            yield place
        finally:
            _run("umount", "--lazy", str(place))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)
