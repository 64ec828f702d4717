"""What the group files say at one moment, and look-ups in it (SPEC D2, D3). Immutable."""

from __future__ import annotations

import contextlib
import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property

from distserver.errors import BadRequest, Conflict, NotFound, NotInAllRec, UnknownDestination, UnknownGroup
from distserver.groups.access import GroupAccess
from distserver.groups.encoding import TWINS
from distserver.groups.numbers import find_number
from distserver.groups.options import conceal
from distserver.groups.problems import LineError
from distserver.groups.recfile import ALL_FILE, SUFFIX, RecFile
from distserver.model.address import Address, AddressError, Channel, Destination, parse_address

_DIALLED = re.compile(r"\+?[0-9(][0-9(). -]{4,}\Z")
_IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}\Z")


def fold_name(name: str) -> str:
    """The form in which two names count as the same: NFC, without regard to case and to runs of spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", name).casefold().translate(TWINS)).strip()


@dataclass(frozen=True)
class Group:
    """One group: `file` is its file's name (`eigyou_all.rec`), `members` in the file's order, each address once.

    `owners` are the mail addresses of those who answer for it; `access` says who may send to it.
    """

    file: str
    name: str
    members: tuple[Destination, ...] = ()
    problems: tuple[LineError, ...] = ()
    owners: tuple[str, ...] = ()
    access: GroupAccess = GroupAccess()

    @staticmethod
    def of(rec: RecFile) -> Group:
        """The group that a parsed file describes."""
        return Group(rec.file, rec.name, rec.members, rec.problems, rec.owners, rec.access)

    @property
    def errors(self) -> tuple[LineError, ...]:
        """The problems that hide a line or the file from use."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[LineError, ...]:
        """The problems that hide nothing."""
        return tuple(problem for problem in self.problems if not problem.is_error)

    @property
    def is_all(self) -> bool:
        """True for all.rec, which holds every destination and which no device registers with."""
        return self.file == ALL_FILE

    @cached_property
    def by_uri(self) -> Mapping[str, Destination]:
        """Members by canonical address."""
        return {member.address.uri: member for member in self.members}

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Destination, ...]]:
        """Members by folded name."""
        return _gather((fold_name(member.name), member) for member in self.members)

    @cached_property
    def by_host(self) -> Mapping[str, tuple[Destination, ...]]:
        """Members by the host their address names."""
        return _gather((member.address.host, member) for member in self.members if member.address.host)


def _gather(pairs: Iterable[tuple[str, Destination]]) -> Mapping[str, tuple[Destination, ...]]:
    table: dict[str, tuple[Destination, ...]] = {}
    for key, member in pairs:
        table[key] = (*table.get(key, ()), member)
    return table


@dataclass(frozen=True)
class Snapshot:
    """All groups, all.rec first and then by file name, so that a group's number stays the same.

    `problems` are those of the directory and of entries that are no group (a directory called x.rec). `country` (ISO
    3166) is where telephone numbers without a country code belong.
    """

    groups: tuple[Group, ...] = ()
    problems: tuple[LineError, ...] = ()
    by_file: Mapping[str, Group] = field(default_factory=dict, repr=False, compare=False)
    country: str = ""

    @staticmethod
    def of(groups: Iterable[Group], problems: Iterable[LineError] = (), country: str = "") -> Snapshot:
        """A snapshot of these groups; groups that share a name get a problem each that says so."""
        ordered = sorted(groups, key=lambda group: (not group.is_all, group.file))
        sharing: dict[str, list[str]] = defaultdict(list)
        for group in ordered:
            sharing[fold_name(group.name)].append(group.file)
        marked = tuple([_mark_shared(group, sharing[fold_name(group.name)]) for group in ordered])
        return Snapshot(marked, tuple(problems), {group.file: group for group in marked}, country)

    @cached_property
    def digest(self) -> str:
        """SHA-256, hex, of all that the lists of groups, members and destinations tell: the same in every process. It
        tells no more than they do: whoever may read a list is shown it, and would find a secret in it by trying."""
        told = hashlib.sha256()
        for group in self.groups:
            told.update(repr((group.file, group.name, group.owners, len(group.errors), len(group.members))).encode())
            for member in group.members:
                shown = [(key, conceal(key, value)) for key, value in member.options]
                told.update(repr((member.name, member.address.written, shown)).encode())
        return told.hexdigest()

    @property
    def all_problems(self) -> tuple[LineError, ...]:
        """Those of the directory, then those of each group."""
        return (*self.problems, *(problem for group in self.groups for problem in group.problems))

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """The lines of all.rec; without an all.rec, every destination of any group, each once."""
        everything = self.by_file.get(ALL_FILE)
        if everything is not None:
            return everything.members
        return tuple({member.address.uri: member for group in self.groups for member in group.members}.values())

    def find_all(self, name_or_file: str) -> tuple[Group, ...]:
        """Those that may be meant: the one with this file name (with or without `.rec`), else all with this name."""
        wanted = name_or_file.strip()
        group = self.by_file.get(wanted) or self.by_file.get(wanted + SUFFIX)
        if group is not None:
            return (group,)
        return self._named.get(fold_name(wanted)) or self._filed.get(fold_name(wanted).removesuffix(SUFFIX), ())

    def find(self, name_or_file: str) -> Group:
        """The group with this file name (with or without `.rec`) or group name.

        Raises `UnknownGroup`, and `Conflict` when two groups have the name.
        """
        wanted, found = name_or_file.strip(), self.find_all(name_or_file)
        if not found:
            words = f"there is no group '{wanted}'{self._hint(wanted)}: `distserver group list` shows all"
            raise UnknownGroup(words, wanted)
        if len(found) > 1:
            files = ", ".join(group.file for group in found)
            raise Conflict(f"several groups are called '{wanted}': name the file instead, one of {files}")
        return found[0]

    def members(self, group: Group) -> tuple[Destination, ...]:
        """The group's members; one without options of its own has those of its line in all.rec."""
        return tuple([self.resolve(member) for member in group.members])

    def resolve(self, member: Destination) -> Destination:
        """The destination with the options of its line in all.rec, if it has none of its own."""
        everything = self.by_file.get(ALL_FILE)
        if member.options or everything is None:
            return member
        original = everything.by_uri.get(member.address.uri)
        return replace(member, options=original.options) if original and original.options else member

    def find_destination(self, address_or_name: str) -> Destination:
        """The destination with this address, host name, mailbox or name, in all.rec or else in any group; a telephone
        number in any of its forms, as it is written there or as it is dialled. Of several lines with one number, the
        first.

        Raises `UnknownDestination`, and `Conflict` when a name or a host stands for several addresses.
        """
        wanted = address_or_name.strip()
        address = _read_address(wanted)
        if address is not None:
            known = self.find_known(address.uri)
            if known is not None:
                return known
        found = self._matching("by_name", fold_name(wanted))
        if not found and address is not None and address.host and ":" not in wanted.strip("[]"):
            found = self._matching("by_host", address.host)
        if not found:
            found = self._find_number(_read_dialled(wanted) or address)
        if not found:
            near = self.find_near(wanted)
            words = f"there is no destination '{wanted}'{near}: see the list of destinations for names and addresses"
            raise UnknownDestination(words, wanted)
        if len(found) > 1 and not self._is_one_number(found):
            which = ", ".join(sorted(member.address.uri for member in found))
            raise Conflict(f"'{wanted}' stands for several destinations: name the address instead, one of {which}")
        return self.resolve(found[0])

    def find_line(self, device: str) -> Destination:
        """The line of all.rec for the device at this address or host, or of this name.

        Raises `NotInAllRec`, and `Conflict` when a name or a host stands for several lines.
        """
        everything = self.by_file.get(ALL_FILE)
        alone = replace(self, groups=(everything,) if everything else ())
        try:
            return alone.find_destination(device)
        except NotFound as error:
            raise NotInAllRec(
                f"'{device.strip()}' is not in {ALL_FILE}: add its line 'ADDRESS; NAME' there first"
            ) from error

    def find_known(self, uri: str) -> Destination | None:
        """The destination of this canonical address with the options of its line, when it stands in any group."""
        for group in self.groups:
            if uri in group.by_uri:
                return self.resolve(group.by_uri[uri])
        return None

    def find_same(self, address: Address) -> Address:
        """The address of the one line that has this telephone number, in whichever form it stands there; else the same:
        of what is no number, of one that stands in no line or is in several forms, and where it stands as it is."""
        found = self._find_number(address)
        return found[0].address if len(found) == 1 else address

    def find_address(self, address_or_name: str) -> str:
        """The address of the destination that is meant, which need not stand in a group if it is told by its address.

        Raises `BadRequest` when it is neither an address nor a name that is known, `Conflict` as `find_destination`.
        """
        try:
            return self.find_destination(address_or_name).address.written
        except NotFound:
            try:
                parse_address(address_or_name)
            except AddressError as error:
                raise BadRequest(f"{error}, nor the name of a destination{self.find_near(address_or_name)}") from error
        return address_or_name

    def groups_of(self, uri: str) -> tuple[Group, ...]:
        """The groups that have this canonical address."""
        return tuple(group for group in self.groups if uri in group.by_uri)

    def _matching(self, table: str, key: str) -> list[Destination]:
        found: dict[str, Destination] = {}
        for group in self.groups:
            lookup: Mapping[str, tuple[Destination, ...]] = getattr(group, table)
            for member in lookup.get(key, ()):
                found.setdefault(member.address.uri, member)
        return list(found.values())

    def _is_one_number(self, found: Iterable[Destination]) -> bool:
        numbers = {find_number(one, self.country) for one in found}
        return len(numbers) == 1 and numbers != {""}

    def _find_number(self, address: Address | None) -> list[Destination]:
        if address is None or address.channel is not Channel.FAX:
            return []
        known = self.find_known(address.uri)
        return [known] if known else list(self._numbered.get(find_number(Destination(address, ""), self.country), ()))

    def _hint(self, wanted: str) -> str:
        names = {
            fold_name(text): text for group in self.groups for text in (group.file.removesuffix(SUFFIX), group.name)
        }
        return _name_nearest(wanted, names)

    def find_near(self, wanted: str) -> str:
        """The name of the destination that may be meant, for the end of a message; empty when there is none."""
        tables = (group.by_name.items() for group in self.groups)
        return _name_nearest(wanted, {key: members[0].name for table in tables for key, members in table})

    @cached_property
    def _numbered(self) -> Mapping[str, tuple[Destination, ...]]:
        """By telephone number (E.164), each address once: as its first line has it, which is that of all.rec."""
        faxes: dict[str, Destination] = {}
        for group in self.groups:
            for member in group.members:
                if member.address.channel is Channel.FAX:
                    faxes.setdefault(member.address.uri, member)
        numbers = ((find_number(one, self.country), one) for one in faxes.values())
        return _gather((number, one) for number, one in numbers if number)

    @cached_property
    def _named(self) -> Mapping[str, tuple[Group, ...]]:
        table: dict[str, tuple[Group, ...]] = {}
        for group in self.groups:
            table[fold_name(group.name)] = (*table.get(fold_name(group.name), ()), group)
        return table

    @cached_property
    def _filed(self) -> Mapping[str, tuple[Group, ...]]:
        """By file name without regard to case and Unicode form, for what was typed by hand."""
        table: dict[str, tuple[Group, ...]] = {}
        for group in self.groups:
            key = fold_name(group.file).removesuffix(SUFFIX)
            table[key] = (*table.get(key, ()), group)
        return table


def _read_address(wanted: str) -> Address | None:
    """An address, or a mailbox without its scheme, as people write it."""
    for text in (wanted, f"mailto:{wanted}" if "@" in wanted else ""):
        with contextlib.suppress(AddressError):
            return parse_address(text)
    return None


def _read_dialled(wanted: str) -> Address | None:
    """A telephone number without its scheme, as people write it, perhaps in the wide digits of Japanese, which are no
    name of a host. Names count before it: some are of digits alone."""
    plain = unicodedata.normalize("NFKC", wanted)
    if not _DIALLED.match(plain) or _IPV4.match(plain):
        return None
    with contextlib.suppress(AddressError):
        return parse_address(f"tel:{plain}")
    return None


def _name_nearest(wanted: str, names: Mapping[str, str]) -> str:
    """What may be meant, for the end of a message; `names` by their folded form."""
    near = get_close_matches(fold_name(wanted), names, 1)
    return f" (is '{names[near[0]]}' meant?)" if near else ""


def _mark_shared(group: Group, files: list[str]) -> Group:
    if len(files) < 2:
        return group
    others = ", ".join(file for file in files if file != group.file)
    problem = LineError(group.file, 0, f"the group name '{group.name}' is also that of {others}")
    return replace(group, problems=(*group.problems, problem))
