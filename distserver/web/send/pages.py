"""What the templates of sending are given, and who is reached by a choice."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from distserver.errors import UserError
from distserver.groups.snapshot import Group, Snapshot, fold_name
from distserver.model.address import Destination
from distserver.model.documents import NUMBERS_UP, Scaling
from distserver.web.formats import ORIENTATIONS, PAPERS, SCALINGS
from distserver.web.groups.pages import count_warnings

SINGLES_SHOWN = 200


_AS_EVER = ("", "1", Scaling.AUTO)


@dataclass(frozen=True, slots=True)
class SendPage:
    """The form; `chosen` are files of groups that are ticked at first, `key` makes a second click harmless, `warnings`
    counts those of each group's file, `filled` is what was written before the form was refused."""

    groups: tuple[Group, ...]
    singles: tuple[Destination, ...]
    singles_all: int
    chosen: frozenset[str]
    key: str
    warnings: Mapping[str, int]
    filled: Mapping[str, Sequence[str]]
    papers: tuple[tuple[str, str], ...] = tuple(PAPERS.items())
    numbers_up: tuple[int, ...] = NUMBERS_UP
    orientations: tuple[tuple[str, str], ...] = tuple((one.word, words) for one, words in ORIENTATIONS.items())
    scalings: tuple[tuple[str, str], ...] = tuple((one.value, words) for one, words in SCALINGS.items())

    def value(self, name: str, default: str = "") -> str:
        """What was written in a field."""
        return next(iter(self.filled.get(name, ())), default)

    @property
    def laid_out(self) -> bool:
        """Whether something was written in the part that is folded at first."""
        asked = {name: self.value(name) for name in ("page_ranges", "number_up", "orientation", "scaling")}
        return any(value not in _AS_EVER for value in asked.values())

    def ticked(self, uri: str) -> bool:
        """Whether a single destination was chosen."""
        return uri in self.filled.get("destination", ())


def make_page(snapshot: Snapshot, chosen: Iterable[str], filled: Mapping[str, Sequence[str]] | None = None) -> SendPage:
    """The form with these groups (files) ticked, and filled in as it was if it has been refused."""
    everywhere, before = list_everywhere(snapshot), filled or {}
    wanted = set(before.get("destination", ()))
    first = [one for one in everywhere if one.address.uri in wanted]
    shown = (*first, *[one for one in everywhere if one.address.uri not in wanted])[: max(SINGLES_SHOWN, len(first))]
    key, warnings = secrets.token_urlsafe(18), count_warnings(snapshot)
    return SendPage(snapshot.groups, shown, len(everywhere), frozenset(chosen), key, warnings, before)


def list_everywhere(snapshot: Snapshot) -> tuple[Destination, ...]:
    """The destinations of all.rec, then those of the other groups that it lacks."""
    known = {one.address.uri: one for one in snapshot.destinations}
    for group in snapshot.groups:
        for member in group.members:
            known.setdefault(member.address.uri, member)
    return tuple(known.values())


def find_singles(snapshot: Snapshot, search: str) -> tuple[list[Destination], int]:
    """The first destinations whose name or address contains all words of `search`, and how many there are."""
    wanted = fold_name(search).split()
    found = [one for one in list_everywhere(snapshot) if _contains(one, wanted)]
    return found[:SINGLES_SHOWN], len(found)


def count_reached(snapshot: Snapshot, groups: Iterable[str], destinations: Iterable[str]) -> int:
    """How many destinations a choice reaches, each counted once; what is not known counts nothing."""
    reached: set[str] = set()
    for name in groups:
        try:
            reached.update(snapshot.find(name).by_uri)
        except UserError:
            continue
    for name in destinations:
        try:
            reached.add(snapshot.find_destination(name).address.uri)
        except UserError:
            continue
    return len(reached)


def readable_group(snapshot: Snapshot, file: str) -> str:
    """The group's name if it stands for this group alone, else its file: what the job will say it was sent to."""
    group = snapshot.find(file)
    same = [other for other in snapshot.groups if fold_name(other.name) == fold_name(group.name)]
    return group.name if group.name and len(same) == 1 and _finds(snapshot, group) else group.file


def readable_destination(snapshot: Snapshot, address: str) -> str:
    """The destination's name if it stands for this one alone, else its address."""
    where = snapshot.find_destination(address)
    try:
        return where.name if snapshot.find_destination(where.name).address.uri == where.address.uri else address
    except UserError:
        return address


def _finds(snapshot: Snapshot, group: Group) -> bool:
    try:
        return snapshot.find(group.name).file == group.file
    except UserError:
        return False


def _contains(destination: Destination, wanted: list[str]) -> bool:
    text = f"{fold_name(destination.name)} {destination.address.written.casefold()}"
    return all(word in text for word in wanted)
