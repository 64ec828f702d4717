"""Changing a group file under everybody's eyes: read, edit, put in place, and make good what stale saves undid.

What may happen at any instant, and the answer: another of our processes edits (the lock); an editor saves before our
new version is in place (`swap` tells, and we begin again); in the very instant (`swap` hands us what was displaced, and
it is folded in); later, from what it had read before us (the next edit or the index notices, and `judge_save` says what
to do again).
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from distserver.errors import LaterError
from distserver.groups.encoding import NotExpressible
from distserver.groups.filewhole import NotRegular
from distserver.groups.journal import Journal, Version, VersionKind
from distserver.groups.lock import DirectoryLock, explain_failure
from distserver.groups.merge import Patience, judge_save, transplant
from distserver.groups.recfile import RecFile, parse_member, parse_recfile
from distserver.groups.swap import Outrun, read_settled, swap

_log = logging.getLogger("distserver.groups")

_ROUNDS = 200

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
        for _ in range(_ROUNDS):
            current = read_settled(path)
            saved = parse_recfile(current.data, file)
            versions = self._journal.versions(file)
            restored = self._restore(saved, versions, current.signature.mtime_ns / 1e9)
            edited = edit(restored)
            data = edited.to_bytes()
            if data != current.data:
                done = swap(path, current, data)
                if isinstance(done, Outrun):
                    continue
                self._note(versions, (saved, restored, edited), kind)
                if done.displaced is not None:
                    self._fold_in(path, current.data, done.displaced, versions)
            elif versions and versions[-1].digest != _digest(saved):
                self._note(versions, (saved, restored, edited), kind)
            return [*_compare(VersionKind.AGAIN, saved, restored), *_compare(kind, restored, edited)]
        raise LaterError(f"{file} is being saved over and over by another program: try again later")

    def _restore(self, saved: RecFile, versions: list[Version], saved_at: float) -> RecFile:
        """The saved file with what the save undid, if it is not one that we wrote."""
        if not versions or versions[-1].digest == _digest(saved):
            return saved
        present = {member.address.uri for member in saved.members}
        verdict = judge_save(present, versions, saved_at, self._patience)
        restored = saved.without_members(verdict.remove) if verdict.remove else saved
        for line in verdict.add.values():
            member, _ = parse_member(line)
            if member is None:
                continue
            try:
                restored = restored.with_member(member)
            except (NotExpressible, ValueError) as error:
                _log.warning("group-restore-failed file=%s line=%s reason=%s", saved.file, line, error)
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
        self._journal.append(made, now)

    def _fold_in(self, path: Path, base: bytes, theirs: bytes, versions: list[Version]) -> None:
        """Bring a save that our new version displaced into what is there now; `versions` are those before ours."""
        file = path.name if not versions else versions[-1].file
        for _ in range(_ROUNDS):
            mended = self._restore(parse_recfile(theirs, file), versions, self._clock()).to_bytes()
            current = read_settled(path)
            data = transplant(base, mended, current.data)
            _log.info("group-save-merged file=%s", file)
            if data == current.data:
                return
            done = swap(path, current, data)
            if isinstance(done, Outrun):
                continue
            known = self._journal.versions(file)
            merged = parse_recfile(data, file)
            self._journal.append([_saved_version(merged, known, self._clock())], self._clock())
            if done.displaced is None:
                return
            base, theirs, versions = current.data, done.displaced, known
        raise LaterError(f"{file} is being saved over and over by another program: look at it before the next edit")


def _digest(rec: RecFile) -> str:
    return hashlib.sha256(rec.to_bytes()).hexdigest()


def _lines(rec: RecFile) -> dict[str, str]:
    lines: dict[str, str] = {}
    for line in rec.lines:
        if line.member is not None:
            lines.setdefault(line.member.address.uri, line.text)
    return lines


def _version(kind: VersionKind, before: RecFile, after: RecFile, now: float) -> Version:
    old, new = _lines(before), _lines(after)
    gained = {uri: line for uri, line in new.items() if uri not in old}
    lost = {uri: line for uri, line in old.items() if uri not in new}
    return Version(after.file, now, kind, gained, lost, _digest(after))


def _saved_version(saved: RecFile, versions: Iterable[Version], now: float) -> Version:
    """Somebody's save, told by the addresses that we follow."""
    wanted: dict[str, bool] = {}
    lines: dict[str, str] = {}
    for version in versions:
        for there, changes in ((True, version.gained), (False, version.lost)):
            wanted |= dict.fromkeys(changes, there)
            lines |= changes
    present = _lines(saved)
    gained = {uri: present[uri] for uri, there in wanted.items() if not there and uri in present}
    lost = {uri: lines[uri] for uri, there in wanted.items() if there and uri not in present}
    return Version(saved.file, now, VersionKind.SAVE, gained, lost, _digest(saved))


def _compare(kind: VersionKind, before: RecFile, after: RecFile) -> list[LineChange]:
    if before is after:
        return []
    version = _version(kind, before, after, 0.0)
    return [
        *(LineChange(kind, uri, line, "") for uri, line in version.lost.items()),
        *(LineChange(kind, uri, "", line) for uri, line in version.gained.items()),
    ]
