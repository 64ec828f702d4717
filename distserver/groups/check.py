"""Everything that is wrong in a group directory, for `distserver group check` (SPEC D2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from distserver.groups.index import GroupIndex
from distserver.groups.problems import LineError, Severity
from distserver.groups.recfile import ALL_FILE, SUFFIX
from distserver.groups.snapshot import Snapshot

Finding = LineError
_DEMONSTRATION = "demo.rec"  # deploy/run writes it anew at each start


def check_directory(path: Path) -> list[Finding]:
    """Read all group files anew and report, sorted by file and line, what the index and the files together show.

    An empty list means that every line of every file is understood. Never raises.
    """
    snapshot = GroupIndex(path).snapshot()
    found = [*snapshot.all_problems, *compare_with_all(snapshot), *_check_names_of_files(path)]
    return sorted(set(found))


def compare_with_all(snapshot: Snapshot) -> Iterator[Finding]:
    """What is wrong between all.rec and the other groups: all warnings, for nothing is hidden from use by it."""
    everything = next((group for group in snapshot.groups if group.is_all), None)
    if everything is None:
        if snapshot.groups:
            yield _warn(
                ALL_FILE, "there is no all.rec: devices cannot register, and no list of all destinations exists"
            )
        return
    for group in snapshot.groups:
        strangers = sum(member.address.uri not in everything.by_uri for member in group.members)
        if strangers and group.file != _DEMONSTRATION:
            yield _warn(group.file, _tell_strangers(strangers))


def _tell_strangers(number: int) -> str:
    if number == 1:
        return f"1 destination is not in {ALL_FILE}: it cannot register or withdraw by itself"
    return f"{number} destinations are not in {ALL_FILE}: they cannot register or withdraw by themselves"


def _check_names_of_files(path: Path) -> Iterator[Finding]:
    """Files that somebody meant as groups, but whose names are not seen as such."""
    try:
        names = [entry.name for entry in path.iterdir()]
    except OSError:
        return
    folded: dict[str, str] = {}
    for name in sorted(names):
        if name.startswith((".", "#", "~")) or not name.isprintable():
            continue
        if name.lower().endswith(SUFFIX) and not name.endswith(SUFFIX):
            yield _warn(name, f"the name ends in {name[-4:]}, not in {SUFFIX}: the file is not read")
        elif name.endswith(SUFFIX):
            other = folded.setdefault(name.casefold(), name)
            if other != name:
                yield _warn(name, f"the name differs from {other} in capital letters only")


def _warn(file: str, reason: str) -> Finding:
    return LineError(file, 0, reason, Severity.WARNING)
