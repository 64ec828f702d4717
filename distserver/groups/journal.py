"""What our own edits did to the group files, kept as long as an editor's stale save might undo them (SPEC D9, D10).

One JSON object a line in `.journal` beside the group files: each is a version of one file, told by which addresses it
gained and lost against the version before. Read and written only under the directory's lock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

NAME = ".journal"
_COMPACT_AT = 512 * 1024


class VersionKind(StrEnum):
    """Who made a version: a registration, a withdrawal, somebody's editor, or we, doing again what a save undid."""

    REGISTER = "register"
    WITHDRAW = "withdraw"
    SAVE = "save"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a group file. `at` is seconds since the epoch; `gained` maps a canonical address to its line,
    `lost` likewise the line it had; `digest` is the SHA-256 (hex) of the whole file."""

    file: str
    at: float
    kind: VersionKind
    gained: Mapping[str, str]
    lost: Mapping[str, str]
    digest: str


class Journal:
    """The versions of all files in one directory, in order."""

    def __init__(self, directory: Path, keep: float) -> None:
        """`keep` is how many seconds a version matters."""
        self._path = directory / NAME
        self._keep = keep
        self._versions: list[Version] = []
        self._inode = 0
        self._offset = 0
        self._last = b""

    def versions(self, file: str) -> list[Version]:
        """The versions of one file, oldest first, with those that other processes wrote."""
        self._catch_up()
        return [version for version in self._versions if version.file == file]

    def files(self) -> set[str]:
        """The files that have versions."""
        self._catch_up()
        return {version.file for version in self._versions}

    def append(self, versions: Iterable[Version], now: float) -> None:
        """Add versions; raises `OSError`."""
        self._catch_up()
        lines = "".join(_encode(version) for version in versions)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(lines)
            size = stream.tell()
        if size > _COMPACT_AT:
            self._compact(now)

    def _catch_up(self) -> None:
        try:
            with self._path.open("rb") as stream:
                status = os.fstat(stream.fileno())
                if status.st_ino != self._inode or not self._is_read(stream):
                    self._begin(status.st_ino)
                stream.seek(self._offset)
                new = stream.read()
        except FileNotFoundError:
            self._begin(0)
            return
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.splitlines(keepends=True)
        self._last = lines[-1] if lines else self._last
        for line in lines:
            version = _decode(line)
            if version is not None:
                self._versions.append(version)

    def _begin(self, inode: int) -> None:
        """What was read is of another file than the one that is there."""
        self._versions, self._offset, self._last, self._inode = [], 0, b"", inode

    def _is_read(self, stream: BinaryIO) -> bool:
        """Whether the file goes on from what was read last. One that another process put there may have the inode of
        the one before, which was free again."""
        stream.seek(self._offset - len(self._last))
        return stream.read(len(self._last)) == self._last

    def _compact(self, now: float) -> None:
        self._catch_up()
        kept = [version for version in self._versions if version.at >= now - self._keep]
        fresh = self._path.with_name(f"{NAME}.new")
        fresh.write_text("".join(_encode(version) for version in kept), encoding="utf-8")
        fresh.replace(self._path)


def _encode(version: Version) -> str:
    fields = {
        "file": version.file,
        "at": version.at,
        "kind": version.kind,
        "gained": dict(version.gained),
        "lost": dict(version.lost),
        "digest": version.digest,
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _decode(line: bytes) -> Version | None:
    """None for a line that a crash cut short or that is none of ours: it then protects nothing, and harms nothing."""
    try:
        fields = json.loads(line)
        kind = VersionKind(fields["kind"])
        return Version(
            fields["file"], float(fields["at"]), kind, dict(fields["gained"]), dict(fields["lost"]), fields["digest"]
        )
    except (ValueError, KeyError, TypeError):
        return None
