"""What the templates of groups are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from distserver.groups.problems import LineError
from distserver.groups.snapshot import Group, Snapshot
from distserver.model.address import Destination

MEMBERS_PER_PAGE = 500


@dataclass(frozen=True, slots=True)
class NumberedGroup:
    """A group and the number that it has on panels: 1 is all.rec, the others follow by file name."""

    number: int
    group: Group


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in the group files; `is_group` when there is a page of that file."""

    file: str
    line: int
    reason: str
    is_error: bool
    is_group: bool


@dataclass(frozen=True, slots=True)
class Members:
    """One page of a group's members, of `count` in all."""

    shown: tuple[Destination, ...]
    count: int
    page: int
    pages: int


def list_groups(snapshot: Snapshot, search: str) -> list[NumberedGroup]:
    """All groups, or those whose name or file contains `search`."""
    wanted = search.casefold()
    numbered = [NumberedGroup(number, group) for number, group in enumerate(snapshot.groups, start=1)]
    return [one for one in numbered if wanted in one.group.name.casefold() or wanted in one.group.file.casefold()]


def list_problems(snapshot: Snapshot, errors: Iterable[LineError] | None = None) -> list[Problem]:
    """What is to be mended, errors before warnings; all of the snapshot's when none are given."""
    files = {group.file for group in snapshot.groups}
    found = snapshot.all_problems if errors is None else errors
    problems = [Problem(one.file, one.line, one.reason, one.is_error, one.file in files) for one in found]
    return sorted(problems, key=lambda problem: (not problem.is_error, problem.file, problem.line))


def cut_members(members: tuple[Destination, ...], page: int) -> Members:
    """The members of page number `page`, from 1."""
    pages = max(1, -(-len(members) // MEMBERS_PER_PAGE))
    place = min(max(1, page), pages)
    return Members(members[(place - 1) * MEMBERS_PER_PAGE : place * MEMBERS_PER_PAGE], len(members), place, pages)


def find_change(folder: Path, file: str) -> float | None:
    """When the file was last changed, None when it is gone."""
    try:
        return (folder / file).stat().st_mtime
    except OSError:
        return None
