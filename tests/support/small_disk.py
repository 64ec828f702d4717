"""A disk small enough to be filled: a tmpfs of its own, and a file on it that leaves as much room as wanted."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 16


@dataclass(frozen=True)
class SmallDisk:
    """A mounted tmpfs; `folder` is where."""

    folder: Path

    @property
    def free(self) -> int:
        """Free octets."""
        return shutil.disk_usage(self.folder).free

    def fill(self, leave: int = 0) -> None:
        """Somebody else's file takes all but `leave` octets; more when called again, or less."""
        with (self.folder / "somebody-elses").open("ab", buffering=0) as file:
            spare = self.free - leave
            if spare < 0:
                file.truncate(max(0, file.tell() + spare))
                return
            with contextlib.suppress(OSError):
                while spare > 0:
                    spare -= file.write(bytes(min(_PIECE, spare)))

    def clear(self) -> None:
        """Somebody has made room."""
        (self.folder / "somebody-elses").unlink(missing_ok=True)


@contextlib.contextmanager
def mount_small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A tmpfs at `folder` for as long as the block runs; for root, be it only in a user namespace of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-o", f"size={megabytes}m,mode=0700"]
    subprocess.run(["mount", "-t", "tmpfs", *options, "small-disk", str(folder)], check=True, capture_output=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def may_mount() -> bool:
    """Whether this process may mount."""
    if os.geteuid() != 0:
        return False
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) & 1 << 21)  # CAP_SYS_ADMIN
