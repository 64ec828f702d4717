"""A worker without the engine's process: batches of deliveries are run by hand, on a real store and renderer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distserver.engine.batch import BatchRunner
from distserver.engine.capabilities import CapabilityCache
from distserver.engine.queue import EngineQueue
from distserver.engine.work import Kit, TransportRules
from distserver.jobs.ledger import Ledger
from distserver.model.jobs import BatchRef, DeliveryView
from distserver.model.states import Priority
from distserver.render.renderer import Renderer
from tests.support.channels import OneChannel, ScriptedChannel
from tests.support.jobs import SENDER, Office
from tests.support.rendering import LIMITS


@dataclass
class Bench:
    """A worker without the engine's process: batches are run by hand."""

    office: Office
    channel: ScriptedChannel
    renderer: Renderer

    def __post_init__(self) -> None:
        self.restart("worker-1")

    def restart(self, name: str) -> None:
        """A new worker on the same store."""
        clock = lambda: self.office.now  # noqa: E731
        self.ledger = Ledger(self.office.database, name, 30.0, clock)
        kit = Kit(
            ledger=self.ledger,
            registry=OneChannel(self.channel),  # type: ignore[arg-type]
            capabilities=CapabilityCache(300.0, clock),
            renderer=self.renderer,
            transport=TransportRules(),
            remember_pin=lambda uri, pin: None,
            clock=clock,
            chance=lambda: 0.5,
        )
        self.runner = BatchRunner(kit, self.office.database, EngineQueue(self.office.database), 64, clock)

    async def run(self, job_id: str) -> list[DeliveryView]:
        """Carry the job's only batch once."""
        await self.runner.run(BatchRef(job_id, 0, Priority.NORMAL), 64, 0)
        return list(self.office.query.deliveries(job_id, SENDER))


class _NoLedger:
    def record(self, conversion: object) -> None:
        """Not counted here."""


@contextmanager
def run_bench(folder: Path, url: str, *destinations: str) -> Iterator[Bench]:
    """A bench whose jobs go to these destinations, all carried by one scripted channel."""
    office = Office(folder, url, destinations=destinations or ("discard:one",))
    renderer = Renderer(office.spool, _NoLedger(), LIMITS)
    yield Bench(office, ScriptedChannel(), renderer)
    renderer.close()
    office.close()


def script(bench: Bench, *steps: Any) -> None:
    """What happens next to the destination `discard:one`."""
    bench.channel.scripts["discard:one"] = list(steps)
