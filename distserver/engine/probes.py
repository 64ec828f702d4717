"""Asking suspended destinations how they are: one that is well again gets what waits for it, by itself (SPEC N4)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from distserver.engine.work import Kit, make_target
from distserver.errors import DeliveryError, LaterError, SetupError
from distserver.jobs.suspensions import Probe, Suspensions
from distserver.plan.hindrance import hinders

log = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_AT_ONCE = 16


class Prober:
    """Runs beside the dispatcher on its event loop. `wake` tells the dispatcher that a destination is back."""

    def __init__(self, kit: Kit, suspensions: Suspensions, wake: Callable[[], None]) -> None:
        self._kit = kit
        self._suspensions = suspensions
        self._wake = wake
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self.look()
            except LaterError as error:
                log.warning("probe-put-off", {"error": str(error)})
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Begin to ask whose time has come. Nobody waits for the answers: a device may take minutes for one, and others
        are to be asked meanwhile."""
        room = _AT_ONCE - len(self._asking)
        due = await asyncio.to_thread(self._suspensions.take_probes, self._kit.clock(), room) if room > 0 else ()
        for probe in due:
            uri = probe.destination.address.uri
            if uri not in self._asking:
                self._asking[uri] = asyncio.create_task(self._ask(probe))

    async def _ask(self, probe: Probe) -> None:
        try:
            await self._ask_now(probe)
        finally:
            del self._asking[probe.destination.address.uri]

    async def _ask_now(self, probe: Probe) -> None:
        where = probe.destination
        channel = self._kit.registry.get(where.address.channel)
        try:
            found = await channel.describe(make_target(self._kit.find_terms(where), probe.pinned, self._kit.transport))
            if hinders(found) is not None:
                return
            await asyncio.to_thread(self._suspensions.end, where.address.uri, where.name, self._kit.clock())
        except SetupError as error:
            log.info("destination-still-away", {"destination": where.address.uri, "reason": str(error)})
            return
        except DeliveryError as error:
            log.info("destination-still-away", {"destination": where.address.uri, "reason": error.reason})
            return
        except LaterError as error:
            log.warning("probe-put-off", {"error": str(error)})
            return
        except Exception:  # an outermost loop too: no device's words may end the worker
            log.exception("probe-broke", {"destination": where.address.uri})
            return
        log.info("destination-returned", {"destination": where.address.uri})
        self._wake()
