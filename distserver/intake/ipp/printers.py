"""Which printers there are: one for each group, one for everybody, and the fax that takes any destination (SPEC N1)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from distserver.errors import NotFound
from distserver.groups.access import GroupAccess
from distserver.groups.snapshot import Group, Snapshot
from distserver.intake.ipp.addresses import EVERYONE, Kind, Place
from distserver.model.address import Destination
from distserver.model.jobs import Submission

SUFFIX = ".rec"


@dataclass(frozen=True, slots=True)
class Printer:
    """One of them. `group` is None for the fax without a group, and for everybody where there is no all.rec."""

    place: Place
    name: str
    group: Group | None
    members: tuple[Destination, ...]
    access: GroupAccess

    @property
    def is_fax(self) -> bool:
        return self.place.kind is Kind.FAXOUT

    @property
    def location(self) -> str:
        """Where it stands: at as many places as it has members."""
        count = len(self.members)
        return f"{count} destination{'' if count == 1 else 's'}" if self.place.name else ""


class Printers:
    """Reads the groups as they stand now: printers come and go with their files. `identity` is this server's UUID."""

    def __init__(
        self, snapshot: Callable[[], Snapshot], identity: uuid.UUID, title: str, fax_access: GroupAccess
    ) -> None:
        self._snapshot = snapshot
        self._identity = identity
        self._title = title
        self._fax_access = fax_access
        self._members: tuple[Snapshot | None, dict[str, tuple[Destination, ...]]] = (None, {})

    def find(self, place: Place) -> Printer:
        """Raises `NotFound`."""
        snapshot = self._snapshot()
        if not place.name:
            return Printer(place, self._title, None, (), self._fax_access)
        group = snapshot.by_file.get(place.name + SUFFIX)
        if group is None and place.name == EVERYONE:
            return self._everyone(place.kind, snapshot)
        if group is None:
            raise NotFound(f"there is no group '{place.name}': its file {place.name}{SUFFIX} is not in the folder")
        return self._printer(place.kind, group, snapshot)

    def list(self, kind: Kind = Kind.PRINT) -> Iterator[Printer]:
        """All printers of groups."""
        snapshot = self._snapshot()
        for group in snapshot.groups:
            yield self._printer(kind, group, snapshot)
        if EVERYONE + SUFFIX not in snapshot.by_file:
            yield self._everyone(kind, snapshot)

    def lets_in(self, key: str, peer: str) -> bool:
        """Whether a guest at this address may see what guests have there, at the printer with that key in the store.
        Also when it is gone: what was sent to it is seen to its end."""
        try:
            return self.find(Place.of_key(key)).access.lets_in(peer)
        except (NotFound, ValueError):
            return True

    def uuid(self, place: Place) -> str:
        """The printer's own, the same as long as server and file name are."""
        return f"urn:uuid:{uuid.uuid5(self._identity, place.key)}"

    def job_uuid(self, number: int) -> str:
        return f"urn:uuid:{uuid.uuid5(self._identity, f'job/{number}')}"

    @property
    def system_uuid(self) -> str:
        return f"urn:uuid:{self._identity}"

    def _everyone(self, kind: Kind, snapshot: Snapshot) -> Printer:
        everything = next((group for group in snapshot.groups if group.is_all), None)
        access = _common_access(snapshot) if everything is None else everything.access
        return Printer(Place(kind, EVERYONE), self._title, everything, snapshot.destinations, access)

    def _printer(self, kind: Kind, group: Group, snapshot: Snapshot) -> Printer:
        place = Place(kind, group.file.removesuffix(SUFFIX))
        return Printer(place, group.name, group, self._members_of(group, snapshot), group.access)

    def _members_of(self, group: Group, snapshot: Snapshot) -> tuple[Destination, ...]:
        """The same tuple for as long as the groups stay as they are: others remember things by it."""
        seen, members = self._members
        if seen is not snapshot:
            members = {}
            self._members = (snapshot, members)
        found = members.get(group.file)
        if found is None:
            found = members[group.file] = snapshot.members(group)
        return found


def _common_access(snapshot: Snapshot) -> GroupAccess:
    """Who may send to every group."""
    named = [group.access.senders for group in snapshot.groups if group.access.senders is not None]
    return GroupAccess(frozenset.intersection(*named) if named else None)


def addressed(printer: Printer, submission: Submission, snapshot: Snapshot) -> Submission:
    """The submission with the printer's own destinations."""
    if not printer.place.name:
        return submission
    if printer.group is not None:
        return replace(submission, groups=(printer.group.file, *submission.groups))
    return replace(submission, groups=tuple(group.file for group in snapshot.groups))
