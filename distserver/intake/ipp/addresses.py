"""URIs of printers and their jobs, as the client that asks can reach them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit

from distwire.ipp.enums import Status
from distwire.ipp.service import Call, Context, Refusal

ROOT = "/ipp"
EVERYONE = "everyone"
SYSTEM = f"{ROOT}/system"

_URI = "%:/?#[]@!$&'()*+,;=~"
_AUTHORITY = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?\Z|\[[0-9A-Fa-f:.%]+\](:[0-9]{1,5})?\Z")


class Kind(StrEnum):
    """What a printer is: a printer, or a fax that takes destinations with each job."""

    PRINT = "print"
    FAXOUT = "faxout"


@dataclass(frozen=True, slots=True)
class Place:
    """A printer's path. `name` is the file name of its group without `.rec`, `everyone` for all destinations, and empty
    for the fax that has no group."""

    kind: Kind
    name: str

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.kind}/{quote(self.name, safe='')}" if self.name else f"{ROOT}/{self.kind}"

    def as_fax(self) -> Place:
        """The fax service of the same group."""
        return Place(Kind.FAXOUT, self.name)

    @property
    def key(self) -> str:
        """Its name in the store."""
        return f"{self.kind}/{self.name}"

    @staticmethod
    def of_key(key: str) -> Place:
        """The reverse of `key`."""
        kind, _, name = key.partition("/")
        return Place(Kind(kind), name)


@dataclass(frozen=True, slots=True)
class Origin:
    """How the client reaches this server: scheme and `host:port`."""

    secure: bool
    authority: str

    @property
    def scheme(self) -> str:
        return "ipps" if self.secure else "ipp"

    def printer_uri(self, place: Place) -> str:
        return f"{self.scheme}://{self.authority}{place.path}"

    def job_uri(self, place: Place, number: int) -> str:
        return f"{self.printer_uri(place)}/{number}"

    def other(self, port: int) -> Origin:
        """The same host, secured if this is not and the other way round, at another port."""
        host = self.authority if self.authority.endswith("]") else self.authority.rpartition(":")[0] or self.authority
        return Origin(not self.secure, f"{host}:{port}")

    @property
    def system_uri(self) -> str:
        return f"{self.scheme}://{self.authority}{SYSTEM}"


def origin_of(context: Context, fallback: str) -> Origin:
    """From the Host field of the request, when it is one; else `fallback`."""
    authority = context.authority if _AUTHORITY.match(context.authority) else fallback
    return Origin(context.tls, authority)


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is for. `number` is a job's when the URI names one; `place` is None for the system."""

    place: Place | None
    number: int | None = None


def target_of(call: Call) -> Target:
    """Which printer, job or system a request names, by the path of its URI. Raises `Refusal`."""
    try:
        parts = urlsplit(call.target)
    except ValueError as error:
        raise Refusal(Status.BAD_REQUEST, f"'{call.target[:80]}' is no URI") from error
    bare = not parts.scheme and parts.path.startswith("/")  # as programs for CUPS write it
    if not bare and parts.scheme.lower() not in ("ipp", "ipps", "http", "https"):
        raise Refusal(Status.BAD_REQUEST, f"'{call.target[:80]}' is no URI of a printer")
    target = read_path(parts.path)
    if target is None:
        words = f"there is no printer at {parts.path[:80]}: a group's is {ROOT}/print/NAME"
        raise Refusal(Status.NOT_FOUND, words)
    return target


def read_path(path: str) -> Target | None:
    """What the path of a URI names here; None when it is nothing."""
    steps = [unquote(step) for step in path.split("/")][1:]
    if steps and steps[-1] == "":
        steps.pop()
    return _read_steps(steps)


def is_as_cups(call: Call) -> bool:
    """The printer is asked for as `lp -h HOST -d NAME` does, by a path that CUPS' own server has."""
    return urlsplit(call.target).path.startswith(("/printers/", "/classes/"))


def written_target(call: Call) -> str:
    """The URI that a request is for as its client writes it, in letters that a URI may have."""
    return quote(call.target, safe=_URI)[:1023]


def _read_steps(steps: list[str]) -> Target | None:
    match steps:
        case [] | ["ipp"] | ["ipp", "print"]:
            return Target(Place(Kind.PRINT, EVERYONE))
        case ["ipp", "system"]:
            return Target(None)
        case ["ipp", "faxout"]:
            return Target(Place(Kind.FAXOUT, ""))
        case ["ipp", "faxout", number] if _is_number(number):
            return Target(Place(Kind.FAXOUT, ""), int(number))
        case ["printers" | "classes", name]:  # as CUPS has them
            return Target(Place(Kind.PRINT, name))
        case ["jobs", number] if _is_number(number):
            return Target(Place(Kind.PRINT, EVERYONE), int(number))
        case ["ipp", ("print" | "faxout") as kind, name]:
            return Target(Place(Kind(kind), name))
        case ["ipp", ("print" | "faxout") as kind, name, number] if _is_number(number):
            return Target(Place(Kind(kind), name), int(number))
    return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def job_number(call: Call, target: Target) -> int:
    """The id of the job that a request is for: `job-uri`, or `printer-uri` with `job-id`. Raises `Refusal`."""
    if target.number is not None and call.operation.string("job-uri") is not None:
        return target.number
    number = call.operation.integer("job-id")
    if number is None:
        raise Refusal(Status.BAD_REQUEST, "the request names no job: job-id is missing")
    return number
