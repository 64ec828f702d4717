"""One look at the directory: which group files there are, and what stands in their place that is none."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from distserver.groups.filewhole import Signature
from distserver.groups.problems import LineError
from distserver.groups.recfile import SUFFIX


@dataclass(slots=True)
class Listing:
    """File names with their signatures, the entries that cannot be read as groups, and the directory's identity."""

    files: dict[str, Signature] = field(default_factory=dict)
    problems: dict[str, LineError] = field(default_factory=dict)
    directory: tuple[int, int] | None = None


def is_group_file(name: str) -> bool:
    """Whether a file of this name is a group: `*.rec`, but no hidden, backup or swap file of an editor."""
    return name.endswith(SUFFIX) and not name.startswith((".", "#", "~")) and name != SUFFIX


def list_directory(directory: Path) -> Listing:
    """List the group files. Never raises: an unreadable directory is a problem under the empty name."""
    listing = Listing()
    try:
        status = directory.stat()
        listing.directory = (status.st_dev, status.st_ino)
        with os.scandir(directory) as entries:
            for entry in entries:
                if is_group_file(entry.name):
                    _list_entry(entry, listing)
    except OSError as error:
        listing.problems[""] = LineError("", 0, f"the group directory {directory} cannot be read: {error.strerror}")
    return listing


def _list_entry(entry: os.DirEntry[str], listing: Listing) -> None:
    name = entry.name
    if not name.isascii() and name != name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"):
        shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        listing.problems[shown] = LineError(shown, 0, "the file's name is not UTF-8: rename the file")
        return
    try:
        status = entry.stat()
    except FileNotFoundError:
        # Gone between listing and looking, unless it is a link to nowhere.
        if entry.is_symlink():
            listing.problems[name] = LineError(name, 0, "the symbolic link leads nowhere")
    except OSError as error:
        listing.problems[name] = LineError(name, 0, f"the file cannot be looked at: {error.strerror}")
    else:
        if stat.S_ISREG(status.st_mode):
            listing.files[name] = Signature.of(status)
        else:
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            listing.problems[name] = LineError(name, 0, f"this is {kind}, no group file")
