"""Keeps what is announced in line with the list of printers, whatever the network does (SPEC N1).

It takes nothing down with it: where multicast is not possible, that is said in the log and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from distserver.intake.ipp.announcement.memory import NameMemory
from distserver.intake.ipp.announcement.name import fold_name, list_names
from distserver.intake.ipp.announcement.printer import Printer
from distserver.intake.ipp.announcement.reach import Reach, find_reach
from distserver.intake.ipp.announcement.record import Records, Server, make_records
from distserver.intake.ipp.announcement.responder import DnssdUnavailable, Pace, Responder, is_stronger
from distserver.intake.ipp.announcement.scope import Scope
from distserver.intake.ipp.announcement.txt import PathTooLong

_log = logging.getLogger(__name__)

_TOGETHER = 100
_MOST_CONTESTS = 10


@dataclass(slots=True)
class _Standing:
    """What is announced of a printer now."""

    printer: Printer
    records: Records
    contests: int = 0
    upheld: float = 0.0


@dataclass(slots=True)
class _Claim:
    """A printer that seeks a name; `refused` are those that others have."""

    printer: Printer
    names: Iterator[str]
    refused: set[str] = field(default_factory=set)


class Announcer:
    """Announces the printers that `follow` was last given, from `start` until `stop`. For one event loop."""

    def __init__(self, scope: Scope, pace: Pace | None = None) -> None:
        self._scope = scope
        self._pace = pace or Pace()
        self._memory = NameMemory(scope.memory)
        self._wanted: tuple[Printer, ...] = ()
        self._standing: dict[UUID, _Standing] = {}
        self._refused: dict[UUID, set[str]] = {}
        self._unfit: set[Printer] = set()
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def names(self) -> Mapping[UUID, str]:
        """Under which name each printer is announced now, by its uuid."""
        return {uuid: standing.records.instance for uuid, standing in self._standing.items()}

    def follow(self, printers: Iterable[Printer]) -> None:
        """Announce these and no others, soon. Costs a comparison when nothing has changed."""
        wanted = tuple(printers)
        if wanted != self._wanted:
            self._wanted = wanted
            self._bell.set()

    async def start(self) -> None:
        """Begin, in a task of its own; never fails."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="dnssd")

    async def stop(self) -> None:
        """Say goodbye for all printers, and end."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        pause, told = self._pace.retry, ""
        while True:
            try:
                await self._announce_on(await self._find_reach())
                pause, told = self._pace.retry, ""
                continue
            except DnssdUnavailable as error:
                if str(error) != told:
                    _log.warning("dnssd-unavailable", {"error": str(error), "again_in": round(pause)})
                told = str(error)
            except Exception:  # noqa: BLE001 - printing goes on without being announced
                _log.exception("dnssd-broke")
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._pace.patience)

    async def _find_reach(self) -> Reach:
        try:
            return await asyncio.to_thread(find_reach, self._scope.host, self._scope.interfaces)
        except OSError as error:
            raise DnssdUnavailable(f"the system does not tell its networks: {error}") from error

    async def _announce_on(self, reach: Reach) -> None:
        """Until the network is another one. Raises `DnssdUnavailable`."""
        if not reach.speakers:
            raise DnssdUnavailable(
                "this machine has no network that printers can be announced on: see the settings host and "
                "dnssd_interfaces"
            )
        responder = await Responder.open(reach, self._pace, self._bell.set)
        _log.info("dnssd-started", {"from": ",".join(reach.speakers), "addresses": ",".join(reach.addresses)})
        goodbye = True
        try:
            while True:
                await self._bring_in_line(responder, Server(self._scope.server, reach.addresses))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.look):  # wait_for could miss that we are cancelled
                        await self._bell.wait()
                    continue
                if await self._find_reach() != reach:
                    goodbye = False  # they are announced again at once
                    return
        finally:
            self._standing.clear()
            await responder.close(goodbye=goodbye)

    async def _bring_in_line(self, responder: Responder, server: Server) -> None:
        while True:
            self._bell.clear()
            await self._settle_contests(responder)
            wanted = {printer.uuid: printer for printer in self._wanted if printer not in self._unfit}
            await self._end_others(responder, wanted)
            await self._tell_changes(responder, server, wanted)
            new = [printer for uuid, printer in wanted.items() if uuid not in self._standing]
            if not new:
                break
            await self._claim_names(responder, server, new[:_TOGETHER])
        self._memory.save()

    async def _settle_contests(self, responder: Responder) -> None:
        """The stronger record keeps the name and says so again, a few times; the weaker takes another one."""
        contests = responder.take_contests()
        for uuid, standing in list(self._standing.items()):
            claims = [(info, contests[info.key]) for info in standing.records.services if info.key in contests]
            if not claims:
                continue
            if standing.contests < _MOST_CONTESTS and all(is_stronger(i.dns_service(), other) for i, other in claims):
                now = asyncio.get_running_loop().time()
                if now - standing.upheld >= self._pace.again:  # the other has heard it, or says its own again
                    standing.contests, standing.upheld = standing.contests + 1, now
                    await responder.announce([standing.records])
                continue
            del self._standing[uuid]
            self._refused.setdefault(uuid, set()).add(fold_name(standing.records.instance))
            await responder.give_way(standing.records, frozenset(info.key for info, _ in claims))

    async def _end_others(self, responder: Responder, wanted: Mapping[UUID, Printer]) -> None:
        """Those that are gone, and those whose group has another name, which seek theirs anew."""
        ended = [
            uuid
            for uuid, standing in self._standing.items()
            if uuid not in wanted or wanted[uuid].name != standing.printer.name
        ]
        if ended:
            gone = [self._standing.pop(uuid) for uuid in ended]
            for uuid in ended:
                self._refused.pop(uuid, None)
            await responder.withdraw([standing.records for standing in gone])
            _log.info("dnssd-withdrawn", {"printers": len(gone)})

    async def _tell_changes(self, responder: Responder, server: Server, wanted: Mapping[UUID, Printer]) -> None:
        for uuid, standing in list(self._standing.items()):
            if wanted[uuid] == standing.printer:
                continue
            records = self._make(wanted[uuid], standing.records.instance, server)
            if records is None:
                del self._standing[uuid]
                await responder.withdraw([standing.records])
                continue
            await responder.replace(standing.records, records)
            standing.printer, standing.records = wanted[uuid], records

    async def _claim_names(self, responder: Responder, server: Server, printers: list[Printer]) -> None:
        """Find a name for each that nobody else has, and announce it."""
        claims = [_Claim(one, self._list_names(one), self._refused.setdefault(one.uuid, set())) for one in printers]
        while claims:
            tries: list[tuple[_Claim, Records]] = []
            ours = {fold_name(standing.records.instance) for standing in self._standing.values()}
            for claim in claims:
                instance = next(name for name in claim.names if fold_name(name) not in claim.refused | ours)
                records = self._make(claim.printer, instance, server)
                if records is not None:
                    ours.add(fold_name(instance))
                    tries.append((claim, records))
            taken = await responder.find_taken([records for _, records in tries])
            free = [one for one in tries if not any(info.key in taken for info in one[1].services)]
            if free:
                await responder.announce([records for _, records in free])
            for claim, records in free:
                self._stand(claim, records)
            claims = [claim for claim, records in tries if any(info.key in taken for info in records.services)]

    def _stand(self, claim: _Claim, records: Records) -> None:
        printer, instance = claim.printer, records.instance
        self._standing[printer.uuid] = _Standing(printer, records)
        if self._memory.find(printer) != instance and instance != next(list_names(printer.name, printer.uuid)):
            _log.warning("dnssd-renamed", {"group": printer.name, "name": instance})
        self._memory.note(printer, instance)

    def _list_names(self, printer: Printer) -> Iterator[str]:
        remembered = self._memory.find(printer)
        if remembered is not None:
            yield remembered
        yield from list_names(printer.name, printer.uuid)

    def _make(self, printer: Printer, instance: str, server: Server) -> Records | None:
        try:
            return make_records(printer, instance, server)
        except PathTooLong as error:
            self._unfit.add(printer)
            _log.warning("dnssd-left-out", {"group": printer.name, "reason": str(error)})
            return None
