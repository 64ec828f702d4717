"""Takes faxes from HylaFAX servers as they come: a thread with a task for each server that the file of routes names.

A server is asked when it tells of something (SITE TRIGGER), and every few seconds anyway: events get lost with their
connection, and a server that cannot be reached is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading

from distserver.errors import DistserverError
from distserver.groups.secrets import Secrets
from distserver.intake.fax.routes import FaxHost
from distserver.intake.fax.routes_file import RoutesFile
from distserver.intake.fax.taking import Taking
from distserver.services import Services
from distwire.hylafax import HylaFaxConnection, HylaFaxError, HylaFaxRefused, Login

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_ROUND_SECONDS = 10.0
_TRIGGER = "R*"


class FaxReception:
    """Runs between `start` and `stop`."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._services = services
        self._file = RoutesFile(settings.fax_in_path, settings.country)
        self._secrets = Secrets(settings.secrets_path)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fax-reception", daemon=True)
        self._ended = asyncio.Event()
        self._silent: dict[str, str] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it; a fax that is under way is taken again after the next start."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._receive())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())

    async def _receive(self) -> None:
        """Follow the file of routes: a task for each server that it names."""
        tasks: dict[FaxHost, asyncio.Task[None]] = {}
        while not self._ended.is_set():
            hosts = set(self._file.refresh().hosts)
            for host in [host for host, task in tasks.items() if host not in hosts or task.done()]:
                await _end(tasks.pop(host))
            for host in hosts - tasks.keys():
                tasks[host] = asyncio.create_task(self._serve(host))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._ended.wait()
        for task in tasks.values():
            await _end(task)

    async def _serve(self, host: FaxHost) -> None:
        """One server, for good."""
        told = asyncio.Event()
        hearing = asyncio.create_task(self._hear(host, told))
        taking = Taking(self._services, host, lambda: self._file.routes)
        try:
            while True:
                told.clear()
                routes = self._file.routes
                await self._try_to_empty(host, taking)
                until = self._loop.time() + _ROUND_SECONDS
                while not told.is_set() and routes is self._file.routes and self._loop.time() < until:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await told.wait()
        finally:
            await _end(hearing)

    async def _try_to_empty(self, host: FaxHost, taking: Taking) -> None:
        try:
            await self.empty(host, taking)
        except (HylaFaxError, DistserverError) as error:
            if self._silent.get(host.place) != str(error):
                log.warning("fax-server-silent", {"server": host.place, "error": str(error)})
            self._silent[host.place] = str(error)
        else:
            self._silent.pop(host.place, None)

    async def empty(self, host: FaxHost, taking: Taking) -> None:
        """Take all that has come in at a server. Raises `HylaFaxError`, `DistserverError`."""
        connection = await HylaFaxConnection.open(self._login(host))
        try:
            if host.admin is not None:
                with contextlib.suppress(HylaFaxRefused):  # who may not remove anything hears that of each fax
                    await connection.become_administrator(self._secrets.resolve(host.admin) or "")
            listed = await connection.list_received()
            for fax in taking.sort(listed):
                if not fax.arriving:
                    await taking.take(connection, fax)
            names = {fax.name for fax in listed}
            await asyncio.to_thread(self._services.faxes.tidy, host.place, names)
        finally:
            await connection.close()

    def _login(self, host: FaxHost) -> Login:
        settings = self._services.settings
        secret = self._secrets.resolve(host.secret)
        return host.login(secret, settings.connect_seconds, settings.idle_seconds)

    async def _hear(self, host: FaxHost, told: asyncio.Event) -> None:
        """Wake the task when the server tells of a call that came in; begin anew when that breaks off."""
        while True:
            with contextlib.suppress(HylaFaxError, DistserverError):
                connection = await HylaFaxConnection.open(self._login(host))
                try:
                    stream = await connection.watch(_TRIGGER)
                    try:
                        while True:
                            await stream.next()
                            told.set()
                    finally:
                        await stream.close()
                finally:
                    await connection.close()
            await asyncio.sleep(_ROUND_SECONDS)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    (fault,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(fault, Exception):  # of our own making: the task begins anew
        log.error("fax-reception-broke", exc_info=fault)
