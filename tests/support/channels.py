"""A channel that does as it is told, to see what the engine makes of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from distserver.deliver.contract import Absent, Completed, Deferred, DeliveryRequest, Outcome, Target, Unknown, Watch
from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF
from distserver.model.states import OutcomeKind, Reason

Deliver = Callable[[DeliveryRequest, Watch], Awaitable[Outcome]]


@dataclass
class ScriptedChannel:
    """`scripts[uri]` is a list of what the next calls for that destination answer: an outcome, an error to raise, or a
    function to call. With nothing left it completes. `calls` records (method, name), `printed` what came out."""

    scripts: dict[str, list[Outcome | Absent | Unknown | BaseException | Deliver]] = field(
        default_factory=lambda: defaultdict(list)
    )
    calls: list[tuple[str, str]] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    requests: list[DeliveryRequest] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(formats=(PDF,)))
    describe_errors: dict[str, list[DeliveryError]] = field(default_factory=lambda: defaultdict(list))

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """What it can take, or the next error that is set for it."""
        self.calls.append(("describe", target.address.uri))
        errors = self.describe_errors[target.address.uri]
        if errors:
            raise errors.pop(0)
        return self.capabilities

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Do the next thing of the script, once it is on the disk that paper may come of it."""
        self.requests.append(request)
        if not await watch.begin():
            return Deferred(OutcomeKind.OURS, Reason.INTERRUPTED, "another worker has it")
        outcome = await self._next("deliver", request, watch, Completed(pages=request.rendition.pages))
        assert not isinstance(outcome, Absent | Unknown)
        if isinstance(outcome, Completed):
            self.printed.append(request.id)
        return outcome

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Do the next thing of the script; absent when there is none."""
        return await self._next("adopt", request, watch, Absent())

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Do the next thing of the script."""
        outcome = await self._next("follow", request, watch, Completed())
        assert not isinstance(outcome, Absent | Unknown)
        return outcome

    async def _next(
        self, method: str, request: DeliveryRequest, watch: Watch, default: Outcome | Absent
    ) -> Outcome | Absent | Unknown:
        self.calls.append((method, request.name))
        script = self.scripts[request.target.address.uri]
        step = script.pop(0) if script else default
        if isinstance(step, BaseException):
            raise step
        if callable(step):
            return await step(request, watch)
        await asyncio.sleep(0)
        return step

    async def close(self) -> None:
        """Nothing to give back."""


class OneChannel:
    """A registry in which every address is carried by the same channel."""

    def __init__(self, channel: ScriptedChannel) -> None:
        self.channel = channel

    def get(self, _kind: object) -> ScriptedChannel:
        """The one channel."""
        return self.channel

    async def close(self) -> None:
        """Nothing to give back."""
