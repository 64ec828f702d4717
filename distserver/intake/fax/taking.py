"""One fax: brought from its server, looked into, made a job, and removed there once the job is on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from distserver.errors import DocumentRefused, UserError
from distserver.intake.fax.routes import FaxHost, FaxRoute, FaxRoutes
from distserver.model.accounts import Role
from distserver.model.documents import Document
from distserver.model.jobs import Actor, Submission
from distserver.model.received_faxes import Fate, FaxCaller, FaxOrigin, ReceivedFax
from distserver.model.states import Priority
from distserver.services import Services
from distserver.store.spool import Upload
from distwire.hylafax import HylaFaxConnection, HylaFaxLost, HylaFaxRefused
from distwire.hylafax import ReceivedFax as Listed
from distwire.tiff import DamagedTiff
from distwire.tiff.directory import read_directories

log = logging.getLogger(__name__)

SENDER = Actor("fax", Role.OPERATOR)
"""The file of routes says who gets it: a group's own senders do not."""
_AGAIN_SECONDS = 60.0
_DESCRIPTION = 270
_CALLED = 3
"""The line of a received TIFF's ImageDescription that has the number called: after TSI, caller and caller's name."""
NO_ROUTE = "no line of the routes is for it"


class Taking:
    """The faxes of one server, by the routes as they are now."""

    def __init__(self, services: Services, host: FaxHost, find_routes: Callable[[], FaxRoutes]) -> None:
        self._services, self._host = services, host
        self._country = host.country or services.settings.country
        self._find_routes = find_routes
        self._kept: dict[FaxOrigin, tuple[FaxRoutes, float]] = {}
        self._broken: Counter[str] = Counter()

    def sort(self, listed: Iterable[Listed]) -> list[Listed]:
        """In the order in which they came; those at which the session broke come behind all others."""
        return sorted(listed, key=lambda one: (self._broken[one.name], one.at, one.name))

    async def take(self, connection: HylaFaxConnection, listed: Listed) -> None:
        """Have it become a job, once. Raises `HylaFaxError`, `LaterError`; then it is still there."""
        origin = FaxOrigin(self._host.place, listed.name, listed.size, listed.at)
        known = await asyncio.to_thread(self._services.faxes.find, origin)
        if known is not None and known.fate is Fate.REFUSED:
            return
        if known is None or (known.fate is Fate.KEPT and self._is_due(origin)):
            try:
                known = await self._bring(connection, listed, origin)
            except HylaFaxLost:
                self._broken[listed.name] += 1
                raise
        if known.fate is Fate.ACCEPTED and known.removed is None:
            await self._remove(connection, known)

    async def _refuse_endless(self, listed: Listed, origin: FaxOrigin) -> HylaFaxLost:
        """It is not asked for again; nobody knows where in the session the server is by now."""
        words = "HylaFAX sends more of it than it says that there is"
        await asyncio.to_thread(self._note, self._describe(listed, origin, Fate.REFUSED, words))
        return HylaFaxLost(f"{listed.name}: {words}")

    def _is_due(self, origin: FaxOrigin) -> bool:
        """Whether what was kept is looked at again: the routes are others, or a while has passed."""
        routes, when = self._kept.get(origin, (None, 0.0))
        return routes is not self._find_routes() or time.monotonic() - when > _AGAIN_SECONDS

    async def _bring(self, connection: HylaFaxConnection, listed: Listed, origin: FaxOrigin) -> ReceivedFax:
        most = self._services.settings.max_document_mb << 20
        if listed.size > most:
            words = f"it is larger than {most >> 20} MB, the most that is taken (max_document_mb)"
            return await asyncio.to_thread(self._note, self._describe(listed, origin, Fate.REFUSED, words))
        with self._services.spool.receive(limit=most) as upload:
            try:
                async with contextlib.aclosing(connection.retrieve(f"recvq/{listed.name}")) as pieces:
                    async for piece in pieces:
                        if upload.size + len(piece) > listed.size:
                            raise await self._refuse_endless(listed, origin)
                        upload.write(piece)
            except HylaFaxRefused as error:
                words = f"HylaFAX does not hand it out ({error}): set RecvFileMode: 0644 for its modems"
                fax = self._describe(listed, origin, Fate.KEPT, words)
                return await asyncio.to_thread(self._note, fax)
            return await asyncio.to_thread(self._accept, upload, listed, origin)

    def _describe(self, listed: Listed, origin: FaxOrigin, fate: Fate, reason: str, digest: str = "") -> ReceivedFax:
        caller = FaxCaller(listed.caller, listed.identity, "", listed.subaddress)
        return ReceivedFax(origin, caller, digest, listed.pages, fate, reason=reason)

    def _accept(self, upload: Upload, listed: Listed, origin: FaxOrigin) -> ReceivedFax:
        """What became of it, on the disk. Raises `LaterError`."""
        path = upload.finish()
        earlier = self._services.faxes.find(origin, upload.digest)
        if earlier is not None and earlier.fate is Fate.ACCEPTED:
            return replace(earlier, origin=origin)
        fax = self._describe(listed, origin, Fate.KEPT, NO_ROUTE, upload.digest)
        try:
            document = self._services.admit(upload, f"{Path(origin.name).stem}.tif")
        except DocumentRefused as error:
            return self._note(replace(fax, fate=Fate.REFUSED, reason=str(error)))
        fax = replace(fax, caller=replace(fax.caller, called=read_called(path)), pages=document.pages or listed.pages)
        route = self._find_routes().find(fax.caller, self._country)
        if route is None:
            return self._note(fax)
        fax = replace(fax, route=f"{route.written} -> {route.group}")
        return self._submit(fax, route, document, upload)

    def _submit(self, fax: ReceivedFax, route: FaxRoute, document: Document, upload: Upload) -> ReceivedFax:
        said = dict(route.options)
        submission = Submission(
            title=f"Fax from {fax.caller.name}",
            documents=(document,),
            groups=(route.group,),
            priority=Priority(said.get("priority", Priority.NORMAL)),
            keep=said.get("keep") == "yes",
            hold=said.get("hold") == "yes",
            idempotency_key=f"{fax.origin.name}:{fax.digest}",
        )
        faxes = self._services.faxes
        try:
            job = self._services.jobs.submit(submission, SENDER, [upload], faxes.accepting(fax))
        except UserError as error:
            return self._note(replace(fax, reason=str(error)))
        log.info("fax-accepted", {"server": fax.origin.server, "file": fax.origin.name, "job": job.id})
        return replace(fax, fate=Fate.ACCEPTED, job=job.id, reason="")

    def _note(self, fax: ReceivedFax) -> ReceivedFax:
        """Kept, or refused: written when it is news."""
        self._kept[fax.origin] = (self._find_routes(), time.monotonic())
        earlier = self._services.faxes.find(fax.origin, fax.digest)
        if earlier is None or (earlier.fate, earlier.reason) != (fax.fate, fax.reason):
            self._services.faxes.record(fax)
            facts = {"server": fax.origin.server, "file": fax.origin.name, "reason": fax.reason}
            if fax.fate is Fate.REFUSED:
                log.warning("fax-refused", facts)
            else:
                log.warning("fax-kept", facts)
        return fax

    async def _remove(self, connection: HylaFaxConnection, fax: ReceivedFax) -> None:
        if self._host.admin is None and fax.reason:
            return  # refused before
        try:
            await connection.remove(f"recvq/{fax.origin.name}")
        except HylaFaxRefused as error:
            words = f"HylaFAX does not let it be removed: {error}"
            if fax.reason != words:
                await asyncio.to_thread(self._services.faxes.record, replace(fax, reason=words))
                log.warning("fax-left", {"server": fax.origin.server, "file": fax.origin.name, "error": str(error)})
            return
        await asyncio.to_thread(self._services.faxes.note_removed, replace(fax, reason=""))


def read_called(path: Path) -> str:
    """The number that was called, where HylaFAX has noted it; the file was looked into before."""
    try:
        with path.open("rb") as file:
            first = next(read_directories(file, 1 << 16))
    except (DamagedTiff, OSError):
        return ""
    octets = first.fields[_DESCRIPTION][2] if _DESCRIPTION in first.fields else ()
    lines = bytes(int(one) & 0xFF for one in octets).rstrip(b"\0").decode("utf-8", "replace").split("\n")
    called = lines[_CALLED] if len(lines) > _CALLED else ""
    return "".join(one for one in called if one.isprintable()).strip()
