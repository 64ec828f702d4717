"""A worker without its process: its dispatcher looks when it is told to, on a real store and renderer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distserver.engine.capabilities import CapabilityCache
from distserver.engine.dispatch import Dispatcher, Room
from distserver.engine.probes import Prober
from distserver.engine.work import Kit, TransportRules
from distserver.jobs.lanes import BounceRules
from distserver.jobs.ledger import LedgerRules
from distserver.jobs.suspensions import Suspensions
from distserver.model.jobs import DeliveryView
from distserver.render.renderer import Renderer
from distserver.store.presence import DocumentPresence
from tests.support.channels import OneChannel, ScriptedChannel
from tests.support.jobs import SENDER, Office
from tests.support.rendering import LIMITS

_LONGEST_SECONDS = 120.0


@dataclass
class Bench:
    """A worker whose dispatcher is told when to look. `holds` is its lease."""

    office: Office
    channel: ScriptedChannel
    renderer: Renderer
    rules: LedgerRules = LedgerRules()
    room: Room = Room(64, 16)
    holds: bool = True

    def __post_init__(self) -> None:
        self.restart("worker-1")

    def restart(self, name: str) -> None:
        """A new worker on the same store; what an earlier one holds stays its own until it is buried."""
        clock = lambda: self.office.now  # noqa: E731
        self.ledger = self.office.ledger(name, self.rules)
        self.capabilities = CapabilityCache(300.0, clock, self.ledger.remember)
        self.kit = Kit(
            ledger=self.ledger,
            registry=OneChannel(self.channel),  # type: ignore[arg-type]
            capabilities=self.capabilities,
            renderer=self.renderer,
            transport=TransportRules(),
            bring=DocumentPresence(self.office.spool, None).ensure,
            may_send=lambda: self.holds,
            clock=clock,
            chance=lambda: 0.5,
        )
        self.dispatcher = Dispatcher(self.kit, self.room)
        self.suspensions = Suspensions(self.office.database, self.rules.bounce)
        self.prober = Prober(self.kit, self.suspensions, self.dispatcher.wake)

    async def run(self, job_id: str) -> list[DeliveryView]:
        """Carry once all that may go now, whose job it may be, then show this job's deliveries."""
        await self.look()
        async with asyncio.timeout(_LONGEST_SECONDS):
            while running := self.dispatcher._running:
                await asyncio.wait(running)
        return self.rows(job_id)

    async def look(self) -> None:
        """Take what may go now, and leave it under way."""
        while await self.dispatcher._look() == 0.0:
            pass

    async def probe(self) -> None:
        """Ask the suspended destinations whose time has come."""
        await self.prober.look()
        if self.prober._asking:
            await asyncio.wait(list(self.prober._asking.values()))

    def rows(self, job_id: str) -> list[DeliveryView]:
        return list(self.office.query.deliveries(job_id, SENDER))

    async def kill(self, name: str, crash: float = 1.0) -> None:
        """End whatever it has under way at once, as `kill -9` does, and have the others find out."""
        running = list(self.dispatcher._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self.office.bury(name, crash)


class _NoLedger:
    def record(self, conversion: object) -> None:
        """Not counted here."""


@contextmanager
def run_bench(folder: Path, url: str, *destinations: str, bounce: BounceRules | None = None) -> Iterator[Bench]:
    """A bench whose jobs go to these destinations, all carried by one scripted channel."""
    office = Office(folder, url, destinations=destinations or ("discard:one",))
    renderer = Renderer(office.spool, _NoLedger(), LIMITS)
    yield Bench(office, ScriptedChannel(), renderer, LedgerRules(bounce=bounce or BounceRules()))
    renderer.close()
    office.close()


def script(bench: Bench, *steps: Any) -> None:
    """What happens next to the destination `discard:one`."""
    bench.channel.scripts["discard:one"] = list(steps)
