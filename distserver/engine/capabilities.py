"""What devices say of themselves, believed for a while and kept over restarts: one question for many deliveries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Any

from distserver.model.capabilities import Capabilities
from distserver.model.documents import Sides
from distserver.model.jobs import KnownDevice

_MOST = 20_000
_LARGEST = 64 << 10


Keep = Callable[[str, dict[str, Any]], None]
"""Keeps columns of a destination's row: (uri, columns)."""


@dataclass(frozen=True, slots=True)
class _Known:
    capabilities: Capabilities
    at: float


class CapabilityCache:
    """Capabilities by destination; asked once at a time for each. `age` is in seconds."""

    def __init__(self, age: float, clock: Callable[[], float], keep: Keep) -> None:
        self._age = age
        self._clock = clock
        self._keep = keep
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Task[Capabilities]] = {}

    def recall(self, uri: str, kept: KnownDevice | None) -> Capabilities | None:
        """What is known and young enough; `kept` is what the database has of it."""
        known = self._known.get(uri)
        if kept is not None and kept.capabilities is not None and (known is None or kept.at > known.at):
            known = self._read(uri, kept.capabilities, kept.at) or known
        if known is None or abs(self._clock() - known.at) > self._age:
            return None
        return known.capabilities

    def _read(self, uri: str, text: str, at: float) -> _Known | None:
        try:
            known = _Known(capabilities_from_json(text), at)
        except (ValueError, TypeError, AttributeError):  # written by another version: the device is asked anew
            return None
        self._remember(uri, known)
        return known

    async def ask(self, uri: str, ask: Callable[[], Awaitable[Capabilities]]) -> Capabilities:
        """What `ask` answers now, shared by all who want to know at this moment; its errors pass through."""
        asking = self._asking.get(uri)
        if asking is None:
            asking = asyncio.create_task(self._learn(uri, ask))
            self._asking[uri] = asking
            asking.add_done_callback(lambda done: self._end(uri, done))
        return await asyncio.shield(asking)

    def forget(self, uri: str) -> None:
        """Ask again next time: the device behaved unlike what it said."""
        self._known.pop(uri, None)

    def _end(self, uri: str, done: asyncio.Task[Capabilities]) -> None:
        self._asking.pop(uri, None)
        if not done.cancelled():
            done.exception()  # looked at, in case all who asked have gone away

    async def _learn(self, uri: str, ask: Callable[[], Awaitable[Capabilities]]) -> Capabilities:
        found = _Known(await ask(), self._clock())
        known = self._known.get(uri)
        self._remember(uri, found)
        if known is None or known.capabilities != found.capabilities or found.at - known.at > self._age / 2:
            said = capabilities_to_json(found.capabilities)
            if len(said) <= _LARGEST:  # a device that says more is asked anew after a restart
                self._keep(uri, {"capabilities": said, "capabilities_at": found.at})
        return found.capabilities

    def _remember(self, uri: str, known: _Known) -> None:
        if len(self._known) >= _MOST:
            self._known.pop(next(iter(self._known)))
        self._known[uri] = known


_DEFAULT = Capabilities()
_FIELDS = tuple(one.name for one in fields(Capabilities))


def capabilities_to_json(capabilities: Capabilities) -> str:
    """All fields, as JSON; those that stand at their default are left out."""
    values = ((name, getattr(capabilities, name)) for name in _FIELDS)
    said = {name: value for name, value in values if value != getattr(_DEFAULT, name)}
    return json.dumps(said, default=sorted, ensure_ascii=False)


def capabilities_from_json(text: str) -> Capabilities:
    """The reverse of `capabilities_to_json`; fields of another version are passed over."""
    said = json.loads(text)
    return Capabilities(
        **{one.name: _read(one.name, said[one.name]) for one in fields(Capabilities) if one.name in said}
    )


def _read(name: str, value: Any) -> Any:
    if name == "media_sizes":
        return {media: tuple(size) for media, size in value.items()}
    if name == "operations":
        return frozenset(value)
    if name in ("pwg_resolutions", "resolutions"):
        return tuple(tuple(one) for one in value)
    if name == "sides":
        return tuple(Sides(one) for one in value)
    if name == "sides_default":
        return Sides(value)
    return tuple(value) if isinstance(value, list) else value
