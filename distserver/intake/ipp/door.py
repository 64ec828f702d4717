"""The process in which groups are printers: IPP on two sockets, what is announced of them, and the watch over jobs that
stay open (SPEC N1)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from distserver.accounts.local import write_secret
from distserver.errors import LaterError
from distserver.groups.printer import printer_authorities, printer_hosts, printers_port
from distserver.intake.ipp.ability import Abilities
from distserver.intake.ipp.announcement.announcer import Announcer
from distserver.intake.ipp.announcement.printer import Printer as Announced
from distserver.intake.ipp.announcement.scope import make_scope
from distserver.intake.ipp.client_limits import make_client_limits
from distserver.intake.ipp.description import MODEL, House, group_page, is_duplex, urf_keywords
from distserver.intake.ipp.fetching import Fetcher
from distserver.intake.ipp.gate import Gate
from distserver.intake.ipp.house_rules import read_document_sources, read_fax_access, read_proxies
from distserver.intake.ipp.icon import ICON_SIZES, draw_icon, icon_path
from distserver.intake.ipp.moments import Moments
from distserver.intake.ipp.notification.scene import Scene
from distserver.intake.ipp.notification.subscribing import Subscribing
from distserver.intake.ipp.notification.subscriptions import Rules
from distserver.intake.ipp.open_jobs import OpenJobs
from distserver.intake.ipp.printers import Printer, Printers
from distserver.intake.ipp.rim import Rim
from distserver.intake.ipp.server_tls import ServerTls
from distserver.intake.ipp.service import make_service
from distserver.model.documents import INPUT_FORMATS
from distserver.services import Services
from distserver.settings import Settings
from distwire.ipp.exchange import ExchangeLimits
from distwire.ipp.http import HttpRequest, HttpResponse
from distwire.ipp.server import IppServer

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_EXPIRE_SECONDS = 5.0
_ABILITY_SECONDS = 300.0


class Door:
    """Serves until SIGTERM or SIGINT. `plain` and `secure` listen already. Raises `SetupError` for wrong settings."""

    def __init__(self, services: Services, plain: socket.socket, secure: socket.socket) -> None:
        settings = services.settings
        self._services = services
        self._plain, self._secure = plain, secure
        self._icons = {icon_path(size): draw_icon(size) for size in ICON_SIZES}
        fax_access = read_fax_access(settings)
        self._proxies = read_proxies(settings)
        house = make_house(settings)
        here = plain.getsockname()[1]
        scope = make_scope(settings, here)
        self._tls = ServerTls(settings, (*printer_hosts(settings), *(() if scope is None else (scope.server,))))
        self._announcer = None if scope is None else Announcer(scope)
        self._moments = Moments(services, house.started)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        printers = Printers(services.groups.snapshot, read_identity(settings.home), "Everyone", fax_access)
        abilities = Abilities(services.database)
        scene = Scene(printers, abilities, self._moments.of, house)
        rules = Rules(
            settings.ipp_user_subscriptions, settings.ipp_subscriptions, settings.ipp_event_seconds, services.clock
        )
        self._subscribing = Subscribing.build(services.database, scene, rules)
        self._rim = Rim(
            snapshot=services.groups.snapshot,
            printers=printers,
            abilities=abilities,
            incoming=services.incoming,
            open_jobs=OpenJobs(services.incoming.still_open, settings.ipp_open_jobs),
            query=services.query,
            gate=Gate(services.accounts),
            spool=services.spool,
            admit=services.admit,
            house=house,
            fallback=f"{host}:{here}",
            moment=self._moments.of,
            any_destination=settings.faxout_to == "any",
            subscribing=self._subscribing,
            stops=services.stops,
            fetcher=Fetcher(read_document_sources(settings), settings.print_uri_seconds),
        )

    async def run(self) -> None:
        """Until it is told to end."""
        done = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, done.set)
        settings = self._services.settings
        threads = ThreadPoolExecutor(settings.ipp_threads, "ipp")
        server = IppServer(
            make_service(self._rim),
            self._page,
            make_client_limits(settings.ipp_silent_seconds, self._rim.house.most_octets),
            executor=threads,
            documents=ExchangeLimits(document=self._rim.house.most_octets),
            proxies=self._proxies,
        )
        server.start_on(self._plain)
        server.start_on(self._secure, ssl=self._tls.context)
        watches = [asyncio.create_task(self._expire()), asyncio.create_task(self._subscribing.waiting.watch())]
        if self._announcer is not None:
            await self._announcer.start()
            watches.append(asyncio.create_task(self._announce(self._announcer)))
        log.info("printers-ready", {"at": self._rim.fallback, "tls_port": self._secure.getsockname()[1]})
        await done.wait()
        for watch in watches:
            watch.cancel()
        await self._subscribing.waiting.close()
        if self._announcer is not None:
            await self._announcer.stop()
        await server.close()
        threads.shutdown(wait=False)
        await asyncio.to_thread(self._subscribing.watch.close)
        await asyncio.to_thread(self._services.close)

    async def _expire(self) -> None:
        """Open jobs whose clients have gone are aborted."""
        while True:
            with contextlib.suppress(LaterError):
                await asyncio.to_thread(self._services.incoming.expire, self._services.settings.ipp_open_seconds)
            await asyncio.sleep(_EXPIRE_SECONDS)

    async def _announce(self, announcer: Announcer) -> None:
        """What is announced follows the group files at once, and later what their members can."""
        seen, at = None, 0.0
        while True:
            snapshot = self._rim.snapshot()
            if snapshot is not seen or time.monotonic() - at > _ABILITY_SECONDS:
                with contextlib.suppress(LaterError):
                    announcer.follow(await asyncio.to_thread(self._list_announced))
                    seen, at = snapshot, time.monotonic()
            await asyncio.sleep(_LOOK_SECONDS)

    def _list_announced(self) -> list[Announced]:
        return [self._announced(one) for one in self._rim.printers.list()]

    def _announced(self, printer: Printer) -> Announced:
        rim, place, ability = self._rim, printer.place, self._rim.ability(printer)
        return Announced(
            name=printer.name or place.name,
            uuid=uuid.UUID(rim.printers.uuid(place)),
            path=place.path,
            port=rim.house.plain_port,
            tls_port=rim.house.secure_port,
            fax_path=place.as_fax().path,
            fax_uuid=uuid.UUID(rim.printers.uuid(place.as_fax())),
            make=MODEL,
            note=printer.location,
            admin_url=group_page(printer, rim.house),
            formats=INPUT_FORMATS,
            urf=urf_keywords(ability),
            color=ability.color,
            duplex=is_duplex(ability),
        )

    async def _page(self, request: HttpRequest) -> HttpResponse:
        """What a browser sees here: icons, and the way to the board."""
        icon = self._icons.get(request.path)
        if icon is not None:
            return HttpResponse(content_type="image/png", body=icon)
        headers = (("Location", f"{self._rim.house.board}/"),)
        return HttpResponse(status=303, body=b"the board is elsewhere\n", headers=headers)


def make_house(settings: Settings) -> House:
    """A server that starts now."""
    return House(
        board=settings.board_url,
        started=time.time(),
        timeout=round(settings.ipp_open_seconds),
        deadline=round(settings.deadline_hours * 3600),
        most_octets=settings.max_document_mb << 20,
        plain_port=printers_port(settings),
        secure_port=printers_port(settings, "ipps"),
        authorities=printer_authorities(settings),
    )


def read_identity(home: Path) -> uuid.UUID:
    """This server's UUID, made at its first start. Raises `SetupError` when it cannot be written."""
    path = home / "tokens" / "server-uuid"
    with contextlib.suppress(OSError, ValueError):
        return uuid.UUID(path.read_text("ascii").strip())
    write_secret(path, f"{uuid.uuid4()}\n", replace=path.exists())
    return uuid.UUID(path.read_text("ascii").strip())
