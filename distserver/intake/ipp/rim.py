"""What all handlers of IPP work with, and the asking of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from distserver.errors import NotFound
from distserver.groups.snapshot import Snapshot
from distserver.intake.ipp.ability import Abilities, Ability
from distserver.intake.ipp.addresses import Origin, Place, origin_of, read_path, target_of
from distserver.intake.ipp.description import House, Moment
from distserver.intake.ipp.fetching import Fetcher
from distserver.intake.ipp.gate import Gate, is_here
from distserver.intake.ipp.notification.subscribing import Subscribing
from distserver.intake.ipp.open_jobs import OpenJobs
from distserver.intake.ipp.printers import Printer, Printers
from distserver.intake.ipp.reception import Admit
from distserver.jobs.incoming import Incoming
from distserver.jobs.query import JobQuery
from distserver.jobs.stops import Stops
from distserver.store.spool import Spool
from distwire.ipp.enums import Status
from distwire.ipp.service import Call, Refusal


@dataclass(frozen=True, slots=True)
class Rim:
    """`fallback` is the `host:port` for URIs where a request names none. `any_destination`: faxes may go to addresses
    that stand in no group."""

    snapshot: Callable[[], Snapshot]
    printers: Printers
    abilities: Abilities
    incoming: Incoming
    open_jobs: OpenJobs
    query: JobQuery
    gate: Gate
    spool: Spool
    admit: Admit
    house: House
    fallback: str
    moment: Callable[[Printer], Moment]
    any_destination: bool
    subscribing: Subscribing
    stops: Stops
    fetcher: Fetcher

    def origin(self, call: Call) -> Origin:
        """How the client reaches this server."""
        return origin_of(call.context, self.fallback)

    def printer(self, call: Call) -> Printer:
        """The printer that a request is for. Raises `NotFound`, and `Refusal` when it is for the system."""
        place = target_of(call).place
        if place is None:
            raise Refusal(Status.NOT_FOUND, "this is the system, no printer: a group's URI is /ipp/print/NAME")
        return self.printers.find(place)

    def ability(self, printer: Printer) -> Ability:
        """What the printer can do."""
        return self.abilities.of(printer.place.key, printer.members)

    def group_at(self, uri: str) -> str | None:
        """The file of the group whose printer of this server the URI names, if it does."""
        place = self.place_at(uri)
        group = None if place is None else self.printers.find(place).group
        return None if group is None else group.file

    def place_at(self, uri: str) -> Place | None:
        """Which printer of a group of this server the URI names, if it does."""
        try:
            parts = urlsplit(uri)
            known = parts.hostname in self._hosts or is_here(parts.hostname or "")
            here = known and parts.port in (self.house.plain_port, self.house.secure_port)
            here = here or parts.netloc.lower() in self.house.authorities
        except ValueError:
            return None
        target = read_path(parts.path) if parts.scheme in ("ipp", "ipps") and here else None
        if target is None or target.place is None or target.number is not None:
            return None
        with contextlib.suppress(NotFound):
            return target.place if self.printers.find(target.place).group is not None else None
        return None

    @property
    def _hosts(self) -> frozenset[str | None]:
        """Names under which this machine is reached."""
        told = (urlsplit(f"//{self.fallback}").hostname, urlsplit(self.house.board).hostname)
        return frozenset(("localhost", "127.0.0.1", "::1", *filter(None, told)))
