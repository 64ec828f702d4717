"""Which removable media are in: what people have mounted where sticks and discs go (FHS 3.0 §3.11, udisks)."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_PLACES = ("/media/", "/run/media/", "/mnt/")
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class MountedMedium:
    """A medium that can be written, and its free octets."""

    folder: Path
    free: int
    same_disk: bool = False
    """It is no medium of its own but a folder that stands for one."""


def list_media(mounts: Path = MOUNTS) -> list[MountedMedium]:
    """Media that are in, in the order in which they came; one that is pulled just now is left out."""
    found = []
    for folder in read_folders(mounts.read_text(encoding="utf-8", errors="surrogateescape")):
        try:
            found.append(MountedMedium(folder, shutil.disk_usage(folder).free))
        except OSError:
            continue
    return found


def list_all(folders: Iterable[str] = ()) -> list[MountedMedium]:
    """Media that are in, and those of the folders that stand for media which are there."""
    found = list_media()
    for folder in map(Path, folders):
        with contextlib.suppress(OSError):
            found.append(MountedMedium(folder, shutil.disk_usage(folder).free, same_disk=True))
    return found


def read_folders(text: str) -> Iterator[Path]:
    """Where block devices are mounted for writing at a place for media; `text` as in proc_pid_mountinfo(5)."""
    for line in text.splitlines():
        fields, _, source = line.partition(" - ")
        words, device = fields.split(" "), source.split(" ")[1:2]
        if len(words) < 6 or not device or not device[0].startswith("/dev/"):
            continue
        folder = _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), words[4])
        if f"{folder}/".startswith(_PLACES) and "rw" in words[5].split(","):
            yield Path(folder)
