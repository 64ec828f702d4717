"""What devices say of themselves, believed for a while: one question for many deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from distserver.model.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class _Known:
    capabilities: Capabilities
    at: float


class CapabilityCache:
    """Capabilities by destination; asked once at a time for each. `age` is in seconds."""

    def __init__(self, age: float, clock: Callable[[], float]) -> None:
        self._age = age
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def get(self, uri: str, ask: Callable[[], Awaitable[Capabilities]]) -> Capabilities:
        """What is known of `uri`, or what `ask` answers; its errors pass through."""
        lock = self._asking.setdefault(uri, asyncio.Lock())
        async with lock:
            known = self._known.get(uri)
            if known is None or self._clock() - known.at > self._age:
                known = _Known(await ask(), self._clock())
                self._known[uri] = known
            return known.capabilities

    def forget(self, uri: str) -> None:
        """Ask again next time: the device behaved unlike what it said."""
        self._known.pop(uri, None)
