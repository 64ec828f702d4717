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
from distserver.model.supplies import Alert, Supply, Tray

_MOST = 20_000
_LARGEST = 64 << 10
_BELIEVED_SECONDS = 86400.0  # not every device marks every change
_READ = "read"


Keep = Callable[[str, dict[str, Any]], None]
"""Keeps columns of a destination's row: (uri, columns)."""


Ask = Callable[[Capabilities | None], Awaitable[Capabilities]]
"""Asks a device what it can take; given what it said before, it may ask only whether that still is so, and then answers
the very same."""


@dataclass(frozen=True, slots=True)
class _Known:
    """`capabilities` are None when what the device said was found to be untrue `at` that time. It was asked for all of
    them at the time `read`."""

    capabilities: Capabilities | None
    at: float
    read: float


class CapabilityCache:
    """Capabilities by destination; asked once at a time for each. `age` is in seconds: after it a device is asked
    whether anything has changed, and after a day for all of it."""

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
        return known.capabilities  # None where it was forgotten

    def _read(self, uri: str, text: str, at: float) -> _Known | None:
        try:
            known = _Known(capabilities_from_json(text), at, float(json.loads(text).get(_READ, at)))
        except (ValueError, TypeError, AttributeError):  # written by another version: the device is asked anew
            return None
        self._remember(uri, known)
        return known

    async def ask(self, uri: str, ask: Ask) -> Capabilities:
        """What `ask` answers now, shared by all who want to know at this moment; its errors pass through."""
        asking = self._asking.get(uri)
        if asking is None:
            asking = asyncio.create_task(self._learn(uri, ask))
            self._asking[uri] = asking
            asking.add_done_callback(lambda done: self._end(uri, done))
        return await asyncio.shield(asking)

    def forget(self, uri: str) -> None:
        """Ask for all of it next time, in every worker: the device behaved unlike what it said."""
        now = self._clock()
        self._remember(uri, _Known(None, now, now))
        self._keep(uri, {"capabilities": None, "capabilities_at": now})

    def _end(self, uri: str, done: asyncio.Task[Capabilities]) -> None:
        self._asking.pop(uri, None)
        if not done.cancelled():
            done.exception()  # looked at, in case all who asked have gone away

    async def _learn(self, uri: str, ask: Ask) -> Capabilities:
        known = self._known.get(uri)
        recent = known is not None and abs(self._clock() - known.read) < _BELIEVED_SECONDS
        earlier = known.capabilities if known is not None and recent else None
        told = await ask(earlier)
        now = self._clock()
        as_before = earlier is not None and (told is earlier or told.mark == earlier.mark != "")
        found = _Known(told, now, known.read if known is not None and as_before else now)
        self._remember(uri, found)
        if known is None or known.capabilities != told or now - known.at > self._age / 2:
            said = capabilities_to_json(told, **{_READ: found.read})
            if len(said) <= _LARGEST:  # a device that says more is asked anew after a restart
                self._keep(uri, {"capabilities": said, "capabilities_at": now})
        return told

    def _remember(self, uri: str, known: _Known) -> None:
        if len(self._known) >= _MOST:
            self._known.pop(next(iter(self._known)))
        self._known[uri] = known


_DEFAULT = Capabilities()
_RECORDS = {"alerts": Alert, "supplies": Supply, "trays": Tray}
_FIELDS = tuple(one.name for one in fields(Capabilities))


def capabilities_to_json(capabilities: Capabilities, **more: float) -> str:
    """All fields, as JSON, and `more`; those that stand at their default are left out."""
    values = ((name, getattr(capabilities, name)) for name in _FIELDS)
    said = {name: value for name, value in values if value != getattr(_DEFAULT, name)}
    return json.dumps({**said, **more}, default=sorted, ensure_ascii=False)


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
    if name in _RECORDS:
        return tuple(_RECORDS[name](*one) for one in value)
    return tuple(value) if isinstance(value, list) else value
