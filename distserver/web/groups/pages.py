"""What the templates of groups are given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from distserver.groups.check import compare_with_all
from distserver.groups.printer import fax_uri, printer_uri
from distserver.groups.problems import LineError
from distserver.groups.recfile import SUFFIX
from distserver.groups.snapshot import Group, Snapshot
from distserver.model.address import Destination
from distserver.settings import Settings

MEMBERS_PER_PAGE = 500
_NOT_IN_QUEUES = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class NumberedGroup:
    """A group and the number that it has on panels: 1 is all.rec, the others follow by file name; `warnings` counts
    the lines that all.rec lacks, too."""

    number: int
    group: Group
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in the group files; `is_group` when there is a page of that file."""

    file: str
    line: int
    reason: str
    is_error: bool
    is_group: bool


@dataclass(frozen=True, slots=True)
class ProblemFile:
    """What is to be mended in one file, by line."""

    file: str
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        return sum(one.is_error for one in self.problems)

    @property
    def warnings(self) -> int:
        return len(self.problems) - self.errors


@dataclass(frozen=True, slots=True)
class Members:
    """One page of a group's members, of `count` in all."""

    shown: tuple[Destination, ...]
    count: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    """How to print to a group from elsewhere. `guests` are the networks from which nobody need sign in.

    `uri` is what most people use: that without TLS where there are guests, else `secure_uri`, for passwords are taken
    over TLS only. `picture` is it as a QR code, an SVG element; `server` and `path` are its parts, `queue` is a name
    that CUPS takes; `is_local` when no other machine reaches it.
    """

    uri: str
    plain_uri: str
    secure_uri: str
    fax_uri: str
    guests: tuple[str, ...]
    picture: Markup
    queue: str
    is_local: bool

    @property
    def server(self) -> str:
        return urlsplit(self.uri).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.uri).path.removeprefix("/")


def find_printer(settings: Settings, group: Group) -> PrinterAddress | None:
    """None where groups are no printers."""
    guests = tuple(str(network) for network in group.access.print_from)
    plain, secure = printer_uri(settings, group.file), printer_uri(settings, group.file, "ipps")
    fax = fax_uri(settings, group.file, "ipp" if guests else "ipps")
    if plain is None or secure is None or fax is None:
        return None
    uri = plain if guests else secure
    drawn = segno.make(uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)
    return PrinterAddress(
        uri=uri,
        plain_uri=plain,
        secure_uri=secure,
        fax_uri=fax,
        guests=guests,
        picture=Markup(drawn),  # noqa: S704 - made of squares, no text of anybody's
        queue=_NOT_IN_QUEUES.sub("-", group.file.removesuffix(SUFFIX)).strip("-") or "group",
        is_local=urlsplit(uri).hostname in ("localhost", "127.0.0.1", "::1"),
    )


def list_groups(snapshot: Snapshot, search: str) -> list[NumberedGroup]:
    """All groups, or those whose name or file contains `search`."""
    wanted = search.casefold()
    warnings = count_warnings(snapshot)
    numbered = [
        NumberedGroup(number, group, warnings[group.file]) for number, group in enumerate(snapshot.groups, start=1)
    ]
    return [one for one in numbered if wanted in one.group.name.casefold() or wanted in one.group.file.casefold()]


def count_warnings(snapshot: Snapshot) -> Counter[str]:
    """How many warnings there are for each file."""
    warned = (one for one in (*snapshot.all_problems, *compare_with_all(snapshot)) if not one.is_error)
    return Counter(one.file for one in warned)


def list_all_problems(snapshot: Snapshot, file: str | None = None) -> list[Problem]:
    """The same as `list_problems`, with what all.rec lacks; of one file if it is given."""
    found = (*snapshot.all_problems, *compare_with_all(snapshot))
    return list_problems(snapshot, [one for one in found if file is None or one.file == file])


def fold_problems(problems: Iterable[Problem]) -> list[ProblemFile]:
    """Problems by file, in the order of files, those of a file by line."""
    files: dict[str, list[Problem]] = {}
    for problem in sorted(problems, key=lambda one: (one.file, one.line)):
        files.setdefault(problem.file, []).append(problem)
    return [ProblemFile(file, tuple(found)) for file, found in files.items()]


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
