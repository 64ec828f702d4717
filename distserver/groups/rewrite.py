"""Changing a group file under everybody's eyes: read, edit, put in place, and make good what stale saves undid.

What may happen at any instant, and the answer: another of our processes edits (the lock); an editor saves before our
new version is in place (`swap` tells, and we begin again); in the very instant (`swap` gives that save its place back,
or hands us what was displaced, and it is folded in; what could be read meanwhile is put down in the journal); later,
from what it had read before us (the next edit or the index notices, and `judge_save` says what to do again).
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from distserver.errors import LaterError
from distserver.groups.encoding import NotExpressible
from distserver.groups.filewhole import NotRegular
from distserver.groups.journal import Journal, Version, VersionKind
from distserver.groups.lock import DirectoryLock, explain_failure
from distserver.groups.merge import Patience, judge_save, transplant
from distserver.groups.recfile import RecFile, parse_member, parse_recfile
from distserver.groups.swap import Exchange, read_settled, swap

_log = logging.getLogger("distserver.groups")

_PATIENCE = 20.0

_OTHER_LINE = "line "

Edit = Callable[[RecFile], RecFile]


class Gone(LookupError):
    """The group file is not there any more."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """A destination's line that came or went: its canonical address, and the line before and after ("" for none)."""

    kind: VersionKind
    uri: str
    before: str
    after: str


class Rewriter:
    """Edits of the files of one directory, one at a time."""

    def __init__(self, directory: Path, patience: Patience, clock: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._patience = patience
        self._clock = clock
        self._lock = DirectoryLock(directory)
        self._journal = Journal(directory, keep=2 * patience.stale)

    def rewrite(self, file: str, kind: VersionKind, edit: Edit) -> list[LineChange]:
        """Apply `edit` to the file as it is; returns what changed, with what had to be done again.

        Raises `Gone`, what `edit` raises (nothing is changed then), `LaterError`, `NoSpace`, `SetupError`.
        """
        with self._lock.hold():
            try:
                return self._rewrite(file, kind, edit)
            except (FileNotFoundError, NotRegular) as error:
                raise Gone(file) from error
            except OSError as error:
                raise explain_failure(error, self._directory / file) from error

    def tracked(self) -> set[str]:
        """The files that were edited lately, where a stale save could undo something."""
        with self._lock.hold():
            return self._journal.files()

    def _rewrite(self, file: str, kind: VersionKind, edit: Edit) -> list[LineChange]:
        path = (self._directory / file).resolve()
        displaced: list[tuple[bytes, bytes]] = []
        changes: list[LineChange] = []
        deadline = time.monotonic() + _PATIENCE
        while displaced or time.monotonic() < deadline:
            current = read_settled(path)
            versions = self._journal.versions(file)
            saved = parse_recfile(current.data, file)
            restored = self._restore(saved, versions, current.signature.mtime_ns / 1e9)
            for base, theirs in displaced:
                restored = parse_recfile(transplant(base, theirs, restored.to_bytes()), file)
            edited = edit(restored)
            data = edited.to_bytes()
            step = Exchange(done=True) if data == current.data else swap(path, current, data)
            merge = [self._restore(parse_recfile(save, file), versions, self._clock()) for save in step.displaced]
            if step.done:
                self._note(versions, (saved, restored, edited), kind)
                changes += [*_compare(VersionKind.AGAIN, saved, restored), *_compare(kind, restored, edited)]
                if not merge:
                    return changes
                displaced, edit = [], _unchanged
            if merge:
                _log.info("group-save-merged", {"file": file})
                displaced += [(current.data, save.to_bytes()) for save in merge]
            if step.seen:
                self._note_seen(saved, [parse_recfile(data, file) for data in step.seen], versions)
        raise LaterError(f"{file} is being saved over and over by another program: try again later")

    def _restore(self, saved: RecFile, versions: list[Version], saved_at: float) -> RecFile:
        """The saved file with what the save undid, if it is not one that we wrote."""
        if not versions or versions[-1].digest == _digest(saved):
            return saved
        present = _lines(saved).keys()
        verdict = judge_save(present, versions, saved_at, self._patience)
        back = saved.members_among(verdict.remove)
        restored = saved.without_members(back) if back else saved
        for key, line in verdict.add.items():
            try:
                restored = _with_line(restored, key, line)
            except (NotExpressible, ValueError) as error:
                _log.warning("group-restore-failed", {"file": saved.file, "address": key, "reason": str(error)})
        return restored

    def _note(self, versions: list[Version], steps: tuple[RecFile, RecFile, RecFile], kind: VersionKind) -> None:
        """Write down how the file came from the version we knew to the one that is there now."""
        saved, restored, edited = steps
        now = self._clock()
        made = []
        if versions and versions[-1].digest != _digest(saved):
            made.append(_saved_version(saved, versions, now))
        for step, before, after in ((VersionKind.AGAIN, saved, restored), (kind, restored, edited)):
            if before is not after:
                made.append(_version(step, before, after, now))
        if made:
            self._journal.append(made, now)

    def _note_seen(self, saved: RecFile, seen: list[RecFile], versions: list[Version]) -> None:
        """Write down versions that stood in the file for an instant, where an editor could read any of them.

        So a save that goes on from one of them is known by it, and gets the lines that came after. What the last one
        undid is put down as being there: the next round sees to it. It is not `AGAIN`, since nobody can delete on
        purpose what has not come back yet.
        """
        now = self._clock()
        made = []
        if versions and versions[-1].digest != _digest(saved):
            made.append(_saved_version(saved, versions, now))
        for before, after in pairwise([saved, *seen]):
            made.append(_version(VersionKind.SAVE, before, after, now))
        meant = _version(VersionKind.SAVE, seen[-1], self._restore(seen[-1], versions, now), now)
        self._journal.append([*made, replace(meant, digest="")], now)


def _with_line(rec: RecFile, key: str, line: str) -> RecFile:
    if key.startswith(_OTHER_LINE):
        return rec.with_text(line)
    member, _ = parse_member(line)
    return rec if member is None else rec.with_member(member)


def _unchanged(rec: RecFile) -> RecFile:
    return rec


def _digest(rec: RecFile) -> str:
    return hashlib.sha256(rec.to_bytes()).hexdigest()


def _lines(rec: RecFile) -> dict[str, str]:
    """The file's lines by what they are known by: a destination's canonical address, else their own text."""
    lines: dict[str, str] = {}
    for line in rec.lines:
        if line.text:
            lines.setdefault(line.member.address.uri if line.member else _OTHER_LINE + line.text, line.text)
    return lines


def _version(kind: VersionKind, before: RecFile, after: RecFile, now: float) -> Version:
    old, new = _lines(before), _lines(after)
    gained = {uri: line for uri, line in new.items() if uri not in old}
    lost = {uri: line for uri, line in old.items() if uri not in new}
    return Version(after.file, now, kind, gained, lost, _digest(after))


def _tracked(versions: Iterable[Version]) -> dict[str, tuple[bool, str]]:
    """Every line that the versions speak of: whether it is there after the last of them, and its text."""
    known: dict[str, tuple[bool, str]] = {}
    for version in versions:
        known |= {key: (True, line) for key, line in version.gained.items()}
        known |= {key: (False, line) for key, line in version.lost.items()}
    return known


def _saved_version(saved: RecFile, versions: Iterable[Version], now: float) -> Version:
    """Somebody's save, told by the addresses that we follow."""
    known = _tracked(versions)
    present = _lines(saved)
    gained = {uri: present[uri] for uri, (there, _) in known.items() if not there and uri in present}
    lost = {uri: line for uri, (there, line) in known.items() if there and uri not in present}
    return Version(saved.file, now, VersionKind.SAVE, gained, lost, _digest(saved))


def _compare(kind: VersionKind, before: RecFile, after: RecFile) -> list[LineChange]:
    if before is after:
        return []
    version = _version(kind, before, after, 0.0)
    changes = [
        *(LineChange(kind, uri, line, "") for uri, line in version.lost.items()),
        *(LineChange(kind, uri, "", line) for uri, line in version.gained.items()),
    ]
    return [change for change in changes if not change.uri.startswith(_OTHER_LINE)]
