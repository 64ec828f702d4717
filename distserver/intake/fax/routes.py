"""Where faxes that come in go: a text file of servers and of patterns (docs/reference/fax-in.md). Pure.

    hylafax://HOST:PORT; NAME; user=… secret=@… admin=@… country=…
    sub:101; GROUP; hold=yes
    did:+81335550001; GROUP
    from:+8166*; GROUP
    *; GROUP

Of the patterns the first line that fits counts.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from distserver.groups.encoding import detect_encoding
from distserver.groups.lines import LineFault, cut_lines, read_line
from distserver.groups.options import OPTIONS, OptionRule, Options, parse_options
from distserver.groups.problems import LineError, Severity
from distserver.model.received_faxes import FaxCaller
from distserver.model.states import Priority
from distserver.model.telephone import NumberError, normalise_number
from distwire.hylafax import PORT, Login

_PUNCTUATION = re.compile(r"[().\- ]")
_KINDS = ("sub", "did", "from")
_BY_NAME = "@"
_YES_NO = ("yes", "no")

SERVER_OPTIONS: Mapping[str, OptionRule] = {
    **{name: OPTIONS[name] for name in ("user", "secret", "country")},
    "admin": OptionRule(
        "the password with which HylaFAX lets files be deleted, from the file of secrets", "@fax", bool
    ),
}
ROUTE_OPTIONS: Mapping[str, OptionRule] = {
    "hold": OptionRule("whether the job waits until somebody releases it", "yes", _YES_NO.__contains__),
    "priority": OptionRule("of the job", "urgent", frozenset(Priority).__contains__),
    "keep": OptionRule("whether the document stays for further use", "yes", _YES_NO.__contains__),
}


@dataclass(frozen=True, slots=True)
class FaxHost:
    """A HylaFAX server whose faxes are taken. `secret` and `admin` are names in the file of secrets (`@NAME`)."""

    host: str
    port: int
    name: str
    user: str = "distserver"
    secret: str | None = None
    admin: str | None = None
    country: str = ""

    @property
    def place(self) -> str:
        """As it stands in what is kept of its faxes."""
        return f"{self.host}:{self.port}"

    def login(self, secret: str | None, connect: float, idle: float) -> Login:
        """With the password that `secret` names; seconds to wait for a connection and for an answer."""
        return Login(self.host, self.port, self.user, secret, connect, idle)


@dataclass(frozen=True, slots=True)
class FaxRoute:
    """One line: faxes of this `kind` (`sub` `did` `from`, or `*` for all) and `pattern` become jobs for `group`."""

    number: int
    kind: str
    pattern: str
    group: str
    options: Options = ()

    def fits(self, caller: FaxCaller, country: str) -> bool:
        """Whether a fax is meant."""
        match self.kind:
            case "sub":
                said = [caller.subaddress]
            case "did":
                said = [caller.called]
            case "from":
                said = [caller.number, caller.identity]
            case _:
                return True
        forms = {form for one in said if one for form in _write_number(one, country, self.kind)}
        return any(re.fullmatch(_expression(self.pattern), form) for form in forms)

    @property
    def written(self) -> str:
        return self.kind if self.kind == "*" else f"{self.kind}:{self.pattern}"


@dataclass(frozen=True, slots=True)
class FaxRoutes:
    """The whole file."""

    hosts: tuple[FaxHost, ...] = ()
    routes: tuple[FaxRoute, ...] = ()
    problems: tuple[LineError, ...] = ()

    def find(self, caller: FaxCaller, country: str) -> FaxRoute | None:
        """The first line for a fax."""
        return next((route for route in self.routes if route.fits(caller, country)), None)


def _write_number(said: str, country: str, kind: str) -> set[str]:
    """A number as it was told, and as the world knows it; a subaddress is none."""
    forms = {said.upper() if kind == "sub" else _PUNCTUATION.sub("", said)}
    if kind != "sub":
        with contextlib.suppress(NumberError):
            forms.add(normalise_number(said, country))
    return forms


def _expression(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)


def parse_routes(data: bytes, file: str, country: str) -> FaxRoutes:
    """Read the file; never raises: what is wrong stands in `problems`, and the other lines count. Numbers without a
    country code belong to `country`."""
    encoding = detect_encoding(data)
    reader = _Reader(file, country)
    for number, raw in enumerate(cut_lines(data[len(encoding.mark) :]), 1):
        try:
            reader.read(number, read_line(raw, encoding))
        except LineFault as fault:
            reader.report(number, str(fault))
    return FaxRoutes(tuple(reader.hosts), tuple(reader.routes), tuple(reader.problems))


class _Reader:
    """State while the lines go by."""

    def __init__(self, file: str, country: str) -> None:
        self._file, self._country = file, country
        self.hosts: list[FaxHost] = []
        self.routes: list[FaxRoute] = []
        self.problems: list[LineError] = []

    def report(self, number: int, reason: str, severity: Severity = Severity.ERROR) -> None:
        self.problems.append(LineError(self._file, number, reason, severity))

    def read(self, number: int, text: str) -> None:
        """One line. Raises `LineFault`."""
        if not text or text.startswith("#"):
            return
        pattern, separator, rest = text.partition(";")
        name, _, tail = rest.partition(";")
        pattern, name = pattern.strip(), name.strip()
        if not separator or not name:
            raise LineFault("a line is PATTERN; GROUP, or hylafax://HOST:PORT; NAME")
        if "://" in pattern:
            self.hosts.append(self._read_host(number, pattern, name, tail))
        else:
            kind, written = _read_pattern(pattern, self._country)
            self.routes.append(FaxRoute(number, kind, written, name, self._read_options(number, tail, ROUTE_OPTIONS)))

    def _read_host(self, number: int, pattern: str, name: str, tail: str) -> FaxHost:
        try:
            parts = urlsplit(pattern)
            host, port = parts.hostname, parts.port or PORT
        except ValueError:
            host, port, parts = None, 0, urlsplit("")
        if parts.scheme != "hylafax" or not host:
            raise LineFault(f"'{pattern}' is no HylaFAX server: write hylafax://HOST:{PORT}")
        said = dict(self._read_options(number, tail, SERVER_OPTIONS))
        return FaxHost(
            host,
            port,
            name,
            said.get("user", "distserver"),
            said.get("secret"),
            said.get("admin"),
            said.get("country", ""),
        )

    def _read_options(self, number: int, tail: str, known: Mapping[str, OptionRule]) -> Options:
        options, remarks = parse_options(tail, known)
        for reason, severity in remarks:
            self.report(number, reason, severity)
        open_ones = [one for one in options if one[0] in ("secret", "admin") and not one[1].startswith(_BY_NAME)]
        if open_ones:
            words = "a password does not belong into this file: write @NAME, and NAME with it into the secrets"
            self.report(number, words)
        return tuple(one for one in options if one[0] in known and one not in open_ones)


def _read_pattern(written: str, country: str) -> tuple[str, str]:
    """Kind and pattern. Raises `LineFault`."""
    if written == "*":
        return "*", "*"
    kind, colon, rest = written.partition(":")
    kind, rest = kind.strip().lower(), rest.strip()
    if not colon or kind not in _KINDS or not rest:
        raise LineFault(f"'{written}' is no pattern: write sub:101, did:+81335550001, from:+8166* or *")
    if kind == "sub":
        return kind, rest.upper()
    if not re.search(r"[*?]", rest):
        try:
            return kind, normalise_number(rest, country)
        except NumberError as error:
            raise LineFault(str(error)) from error
    return kind, _PUNCTUATION.sub("", rest)
