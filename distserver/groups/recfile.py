"""A group file: bytes → `RecFile` → the same bytes (SPEC D1).

Pure: no file is opened here. A line that is not understood is kept as it is and reported; an edit touches no byte of
the lines it does not add or remove.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from distserver.groups.access import GroupAccess, find_slip, read_access
from distserver.groups.encoding import NotExpressible, TextEncoding, declared_codec, detect_encoding
from distserver.groups.lines import MAX_BYTES, LineFault, cut_lines, read_line
from distserver.groups.options import Remark, parse_options
from distserver.groups.owners import read_owners
from distserver.groups.problems import LineError, Severity
from distserver.model.address import AddressError, Destination, parse_address

SUFFIX = ".rec"
ALL_FILE = "all.rec"
MAX_NAME = 255

_ENDS = b"\r\n"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class LineKind(Enum):
    """What a line is."""

    MEMBER = "member"
    COMMENT = "comment"
    BLANK = "blank"
    BAD = "bad"


class Line(NamedTuple):
    """One line: `raw` with its own line end; `text` decoded and stripped; `member` when it is one."""

    raw: bytes
    kind: LineKind
    text: str = ""
    member: Destination | None = None


@dataclass(frozen=True, slots=True)
class RecFile:
    """A whole group file.

    `name` is the group's name (NFC), or the file's name without its suffix when the file gives none. `members` are in
    the file's order, each address once. `problems` are in line order. `owners` are mail addresses, each once;
    `access` says who may send.
    """

    file: str
    encoding: TextEncoding
    lines: tuple[Line, ...]
    name: str
    members: tuple[Destination, ...]
    problems: tuple[LineError, ...]
    owners: tuple[str, ...] = ()
    access: GroupAccess = GroupAccess()

    def to_bytes(self) -> bytes:
        """The file's bytes: what was read, or what an edit made of it."""
        return self.encoding.mark + b"".join(line.raw for line in self.lines)

    @property
    def errors(self) -> tuple[LineError, ...]:
        """The problems that hide a line or the file from use."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def line_end(self) -> bytes:
        """The line end that most lines use; LF when there is none."""
        ends = [line.raw[len(line.raw.rstrip(_ENDS)) :] for line in self.lines]
        ends = [end for end in ends if end]
        return max(set(ends), key=ends.count) if ends else b"\n"

    def with_member(self, destination: Destination) -> RecFile:
        """The file with a line for `destination` at its end, in the file's own encoding and line ends.

        Raises `encoding.NotExpressible`, and `ValueError` when the line would not read back as this destination.
        """
        text = format_member(destination)
        uri = destination.address.uri
        if self.has(uri):
            raise ValueError(f"'{destination.address.written}' is in {self.file} already")
        for encoding in self.encoding.widenings():
            made = self._with_line(text, encoding)
            if made is not None and made.has(uri):
                return made
        raise ValueError(f"'{destination.address.written}' cannot stand as a line of {self.file}")

    def _with_line(self, text: str, encoding: TextEncoding) -> RecFile | None:
        """The file with this line, or None when it would be read back in another encoding."""
        end = self.line_end
        lines = list(self.lines)
        if lines and not lines[-1].raw.endswith((b"\n", b"\r")):
            lines[-1] = lines[-1]._replace(raw=lines[-1].raw + end)
        try:
            raw = encoding.encode(text) + end
        except NotExpressible:
            if encoding is self.encoding.widenings()[-1]:
                raise
            return None
        data = encoding.mark + b"".join(line.raw for line in lines) + raw
        if detect_encoding(data) != encoding:
            return None
        reader = _Reader(self.file, encoding, declares=False)
        lines.append(reader.read(len(lines) + 1, raw))
        problems = (*self.problems, *reader.problems)
        members = (*self.members, *reader.members.values())
        return replace(self, encoding=encoding, lines=tuple(lines), members=members, problems=problems)

    def with_text(self, text: str) -> RecFile:
        """The file with a line of any kind at its end; raises as `with_member` does."""
        made = self._with_line(text, self.encoding)
        if made is None:
            raise ValueError(f"it cannot stand as a line of {self.file}")
        return made

    def members_among(self, uris: Collection[str]) -> set[str]:
        """Those of the canonical addresses that are members."""
        return {member.address.uri for member in self.members if member.address.uri in uris}

    def without_members(self, uris: Collection[str]) -> RecFile:
        """The file without the member lines whose canonical address is in `uris` (repeated lines go as well)."""
        kept = [line.raw for line in self.lines if line.member is None or line.member.address.uri not in uris]
        return _parse_as(self.encoding.mark + b"".join(kept), self.file, self.encoding)

    def has(self, uri: str) -> bool:
        """Whether a member has this canonical address."""
        return any(member.address.uri == uri for member in self.members)

    def lines_of(self, uri: str) -> tuple[str, ...]:
        """The text of the lines for this canonical address."""
        return tuple(line.text for line in self.lines if line.member and line.member.address.uri == uri)


def format_member(destination: Destination) -> str:
    """The line for a destination, without a line end; raises `ValueError` when a name or option cannot be written."""
    name = destination.name.strip()
    fault = find_name_fault(name)
    if fault:
        raise ValueError(fault)
    fields = [destination.address.written, name]
    if destination.options:
        fields.append(" ".join(f"{key}={_quote(value)}" for key, value in destination.options))
    text = "; ".join(fields)
    if any(ord(character) < 0x20 for character in text):
        raise ValueError("an address or an option cannot contain a control character")
    return text


def find_name_fault(name: str) -> str | None:
    """Why this cannot be the name of a destination or group, or None."""
    if not name:
        return "the name is missing: write it after the first ';'"
    if len(name) > MAX_NAME:
        return f"the name is longer than {MAX_NAME} characters"
    if ";" in name:
        return "a name cannot contain ';'"
    if not name.isprintable() and any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in name):
        return "a name cannot contain a line end or another control character"
    return None


def parse_recfile(data: bytes, file: str) -> RecFile:
    """Read a group file; never raises: what is wrong stands in `problems`."""
    if len(data) > MAX_BYTES:
        return _hopeless(file, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    if data.startswith(_UTF16):
        return _hopeless(file, "the file is in UTF-16; save it as UTF-8", data)
    return _parse_as(data, file, detect_encoding(data))


def _hopeless(file: str, reason: str, data: bytes = b"") -> RecFile:
    lines = tuple(Line(raw, LineKind.BAD) for raw in cut_lines(data))
    return RecFile(file, TextEncoding(), lines, _stem(file), (), (LineError(file, 0, reason),))


def _stem(file: str) -> str:
    return unicodedata.normalize("NFC", file.removesuffix(SUFFIX))


def _parse_as(data: bytes, file: str, encoding: TextEncoding) -> RecFile:
    raws = cut_lines(data[len(encoding.mark) :])
    reader = _Reader(file, encoding, declared_codec(data) is not None)
    lines = tuple([reader.read(number, raw) for number, raw in enumerate(raws, 1)])
    reader.finish()
    members = tuple(reader.members.values())
    name, owners = reader.name or _stem(file), tuple(reader.owners)
    return RecFile(file, encoding, lines, name, members, tuple(reader.problems), owners, reader.access)


class _Reader:
    """State while the lines of one file go by."""

    def __init__(self, file: str, encoding: TextEncoding, declares: bool) -> None:
        self.file = file
        self.encoding = encoding
        self.declares = declares
        self.name = ""
        self.comments = 0
        self.owners: dict[str, None] = {}
        self.access = GroupAccess()
        self.members: dict[str, Destination] = {}
        self.first_lines: dict[str, int] = {}
        self.problems: list[LineError] = []

    def report(self, number: int, reason: str, severity: Severity = Severity.ERROR) -> None:
        self.problems.append(LineError(self.file, number, reason, severity))

    def read(self, number: int, raw: bytes) -> Line:
        try:
            text = read_line(raw, self.encoding)
        except LineFault as fault:
            self.report(number, str(fault))
            return Line(raw, LineKind.BAD)
        if not text:
            return Line(raw, LineKind.BLANK)
        if text.startswith("#"):
            self.read_comment(number, text)
            return Line(raw, LineKind.COMMENT, text)
        return self.read_member(number, raw, text)

    def read_comment(self, number: int, text: str) -> None:
        content = unicodedata.normalize("NFC", text.lstrip("#").strip())
        if self.members:
            self.warn_of_place(number, content)
            return
        slip = find_slip(content)
        if slip:
            self.report(number, slip, Severity.WARNING)
        if self.read_owners(number, content) or self.read_access(number, content) or self.comments >= 2:
            return
        if self.declares and re.search(r"coding[:=]", content):
            return
        self.comments += 1
        if self.comments == 1:
            fault = find_name_fault(content)
            if fault:
                self.report(number, f"the first comment should be the group's name: {fault}")
            else:
                self.name = content
        elif content != unicodedata.normalize("NFC", self.file):
            self.report(number, f"the second comment says '{content}', but the file is {self.file}", Severity.WARNING)

    def warn_of_place(self, number: int, content: str) -> None:
        """Who may send is told by the head of a file: below it, such a line would be taken to be in force."""
        if read_access(content):
            line = content.split(":", 1)[0].split("\N{FULLWIDTH COLON}", 1)[0].strip()
            reason = f"'{line}:' stands below the first destination and counts for nothing: move it above"
            self.report(number, reason, Severity.WARNING)

    def read_owners(self, number: int, content: str) -> bool:
        """Whether the comment names owners; what is wrong with them hides nothing from use."""
        found = read_owners(content)
        if found is None:
            return False
        self.owners |= dict.fromkeys(found.addresses)
        for fault in found.faults:
            self.report(number, f"in the group's owners: {fault}", Severity.WARNING)
        return True

    def read_access(self, number: int, content: str) -> bool:
        """Whether the comment says who may send; what is wrong with it gives nobody a right."""
        found = read_access(content)
        if found is None:
            return False
        self.access = self.access.joined(found)
        for fault in found.faults:
            self.report(number, fault, Severity.WARNING)
        return True

    def read_member(self, number: int, raw: bytes, text: str) -> Line:
        member, remarks = parse_member(text)
        for reason, severity in remarks:
            self.report(number, reason, severity)
        if member is None:
            return Line(raw, LineKind.BAD, text)
        uri = member.address.uri
        if uri in self.members:
            self.report(number, f"'{member.address.written}' stands in line {self.first_lines[uri]} already")
        else:
            self.members[uri] = member
            self.first_lines[uri] = number
        return Line(raw, LineKind.MEMBER, text, member)

    def finish(self) -> None:
        if not self.comments:
            self.report(0, "the file names no group: write '# group name' as its first line")


@lru_cache(maxsize=1 << 17)
def parse_member(text: str) -> tuple[Destination | None, tuple[Remark, ...]]:
    """Read `address; name[; key=value …]`; without a destination, the remarks say why.

    Cached: a destination's line stands in all.rec and, word for word, in the groups.
    """
    written, separator, rest = text.partition(";")
    if not separator:
        hint = ", not the wide '；'" if "；" in text else ""
        return None, ((f"there is no ';' between address and name{hint}", Severity.ERROR),)
    name, _, tail = rest.partition(";")
    name = name.strip()
    fault = find_name_fault(name)
    if fault:
        return None, ((fault, Severity.ERROR),)
    try:
        address = parse_address(written)
    except AddressError as error:
        return None, ((str(error), Severity.ERROR),)
    options, remarks = parse_options(tail) if tail else ((), ())
    return Destination(address, unicodedata.normalize("NFC", name), options), remarks


def _quote(value: str) -> str:
    if '"' in value:
        raise ValueError("an option's value cannot contain a double quote")
    return f'"{value}"' if not value or re.search(r"[\s;]", value) else value
