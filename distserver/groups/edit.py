"""Registering with a group and withdrawing from it, as devices and administrators ask for it (SPEC D9, D10)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from distserver.errors import BadRequest, Conflict, DistserverError, NotFound, NotInAllRec
from distserver.groups.encoding import NotExpressible
from distserver.groups.index import GroupIndex
from distserver.groups.journal import NAME as JOURNAL_NAME
from distserver.groups.journal import VersionKind
from distserver.groups.merge import Patience
from distserver.groups.recfile import ALL_FILE, RecFile, parse_member
from distserver.groups.rewrite import Edit, Gone, LineChange, Rewriter
from distserver.groups.snapshot import Group, Snapshot
from distserver.model.address import Address, AddressError, Destination, parse_address

_log = logging.getLogger("distserver.groups")

OURSELVES = "distserver"


@dataclass(frozen=True, slots=True)
class GroupChange:
    """One change of a group file, for the audit log.

    `action` is `register`, `withdraw` or `again` (an editor's stale save had undone it). `before` and `after` are the
    destination's line in the file, "" for none; `at` is seconds since the epoch.
    """

    who: str
    action: str
    file: str
    group: str
    address: str
    name: str
    at: float
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """What came of a request: `changed` is False when there was nothing to do; `message` says so for people."""

    changed: bool
    file: str
    group: str
    destination: Destination
    message: str


class GroupEditor:
    """Registers and withdraws in the group files of one directory; safe from any thread and any process.

    `audit` is called once for each change that was made; what it raises reaches the caller, and the change stands.
    With an `index` that is started, what an editor's stale save undoes is done again as soon as the index sees it.
    """

    def __init__(
        self,
        directory: Path,
        audit: Callable[[GroupChange], None],
        *,
        index: GroupIndex | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.directory = directory
        self._audit = audit
        self._index = index or GroupIndex(directory)
        self._clock = clock
        self._rewriter = Rewriter(directory, patience or Patience(), clock)
        if index is not None:
            index.add_listener(self._on_change)

    def register(self, group: str, device: str, *, who: str) -> EditAnswer:
        """Add the device, told by its address or host name, to a group, told by name or file name.

        The destination's name is that of all.rec. Raises `NotFound` (no such group; the device is not in all.rec),
        `Conflict` (all.rec itself, an ambiguous name, a name that the file's encoding lacks), `BadRequest` (no
        address), `LaterError`, `SetupError`.
        """
        address = _read_address(device)
        target, everything = self._find(group, address)
        original = find_member(everything, address)
        if original is None:
            raise NotInAllRec(self._not_in_all(address))
        plain = replace(original, options=())
        changed = self._apply(target, VersionKind.REGISTER, who, lambda rec: _with(rec, plain))
        said = "is now in" if changed else "was already in"
        return EditAnswer(changed, target.file, target.name, original, f"'{original.name}' {said} '{target.name}'")

    def withdraw(self, group: str, device: str, *, who: str) -> EditAnswer:
        """Remove the device's line from a group; errors as of `register`, but it need not be in all.rec."""
        address = _read_address(device)
        target, everything = self._find(group, address)
        known = find_member(target, address) or find_member(everything, address)
        destination = known or Destination(address, address.written)
        changed = self._apply(target, VersionKind.WITHDRAW, who, lambda rec: _without(rec, destination.address))
        said = "is no longer in" if changed else "was not in"
        message = f"'{destination.name}' {said} '{target.name}'"
        return EditAnswer(changed, target.file, target.name, destination, message)

    def restore(self, files: Iterable[str] | None = None) -> int:
        """Do again what editors' stale saves undid, in these files or in all; returns how many lines that were.

        Raises `LaterError`, `NoSpace`, `SetupError`.
        """
        if not (self.directory / JOURNAL_NAME).exists():
            return 0
        tracked = self._rewriter.tracked()
        lines = 0
        for file in sorted(tracked if files is None else tracked & set(files)):
            try:
                changes = self._rewriter.rewrite(file, VersionKind.AGAIN, lambda rec: rec)
            except Gone:
                continue
            self._record(file, file, OURSELVES, changes)
            lines += len(changes)
        return lines

    def _on_change(self, _snapshot: Snapshot, changed: frozenset[str]) -> None:
        try:
            self.restore(changed)
        except DistserverError as error:
            _log.warning("groups-restore-failed", {"files": sorted(changed), "reason": str(error)})

    def _find(self, group: str, address: Address) -> tuple[Group, Group]:
        """The group and all.rec: as last seen, or looked at anew when something is missing there."""
        found = _find_in(self._index.snapshot(), group)
        if found is None or find_member(found[1], address) is None:
            fresh = self._index.catch_up()
            found = (fresh.find(group), _everything(fresh))
        target, everything = found
        if target.is_all:
            raise Conflict(f"'{target.name}' holds every destination: only the administrator edits {ALL_FILE}")
        return target, everything

    def _apply(self, target: Group, kind: VersionKind, who: str, edit: Edit) -> bool:
        try:
            changes = self._rewriter.rewrite(target.file, kind, edit)
        except Gone as error:
            raise NotFound(f"the group file {target.file} is no longer there") from error
        except (NotExpressible, ValueError) as error:
            raise Conflict(f"{target.file} cannot take this line: {error}") from error
        self._record(target.file, target.name, who, changes)
        if changes:
            self._index.catch_up()  # who asks right after this is told what is so now
        return any(change.kind is kind for change in changes)

    def _record(self, file: str, group: str, who: str, changes: list[LineChange]) -> None:
        for change in changes:
            member, _ = parse_member(change.after or change.before)
            name = member.name if member else ""
            by = OURSELVES if change.kind is VersionKind.AGAIN else who
            _log.info("group-changed", {"kind": change.kind, "file": file, "address": change.uri, "who": by})
            self._audit(
                GroupChange(by, change.kind, file, group, change.uri, name, self._clock(), change.before, change.after)
            )

    def _not_in_all(self, address: Address) -> str:
        return (
            f"'{address.written}' is not in {ALL_FILE}: ask the administrator to add the line "
            f"'{address.written}; NAME' to {self.directory / ALL_FILE} first"
        )


def find_member(group: Group, address: Address) -> Destination | None:
    """The member with this address, or the only one at its host (a device knows its domain name, not its path)."""
    member = group.by_uri.get(address.uri)
    if member is not None or address.host is None:
        return member
    there = group.by_host.get(address.host, ())
    return there[0] if len(there) == 1 and _is_bare(address) else None


def _is_bare(address: Address) -> bool:
    return "//" not in address.written


def _find_in(snapshot: Snapshot, group: str) -> tuple[Group, Group] | None:
    try:
        return snapshot.find(group), _everything(snapshot)
    except (NotFound, Conflict):
        return None


def _everything(snapshot: Snapshot) -> Group:
    return next((group for group in snapshot.groups if group.is_all), Group(ALL_FILE, ALL_FILE))


def _read_address(device: str) -> Address:
    try:
        return parse_address(device)
    except AddressError as error:
        raise BadRequest(str(error)) from error


def _with(rec: RecFile, destination: Destination) -> RecFile:
    return rec if rec.has(destination.address.uri) else rec.with_member(destination)


def _without(rec: RecFile, address: Address) -> RecFile:
    return rec.without_members({address.uri}) if rec.has(address.uri) else rec
