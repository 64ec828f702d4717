"""Printers to announce, and a browser that looks for them, over loopback alone."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from zeroconf import IPVersion, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from distserver.intake.ipp.announcement.announcer import Announcer
from distserver.intake.ipp.announcement.printer import Printer
from distserver.intake.ipp.announcement.responder import Pace
from distserver.intake.ipp.announcement.scope import Scope

LOOPBACK = "127.0.0.1"
TYPES = (
    "_ipp._tcp.local.",
    "_ipps._tcp.local.",
    "_fax-ipp._tcp.local.",
    "_print._sub._ipp._tcp.local.",
    "_universal._sub._ipps._tcp.local.",
)
PACE = Pace(again=1.05, look=0.5, retry=0.1, patience=0.2)


def make_printer(name: str, **other: Any) -> Printer:
    """A printer with all that can be said of one."""
    given = {
        "uuid": uuid4(),
        "path": "/ipp/print/sales",
        "port": 8632,
        "tls_port": 8632,
        "fax_path": "/ipp/faxout/sales",
        "note": "all of sales",
        "admin_url": "http://127.0.0.1:8631/groups/sales.rec",
        "formats": ("application/pdf", "image/jpeg", "image/pwg-raster", "image/urf"),
        "urf": ("V1.4", "W8", "SRGB24", "RS300"),
    }
    return Printer(name, **{**given, **other})


def new_name(text: str = "営業所") -> str:
    """A name that no other test on this machine has."""
    return f"{text} {secrets.token_hex(4)}"


def make_scope(**other: Any) -> Scope:
    """On loopback, as a server of its own."""
    return Scope(**{"host": LOOPBACK, "server": f"test-{secrets.token_hex(4)}.local.", **other})


@asynccontextmanager
async def announcing(*printers: Printer, **other: Any) -> AsyncIterator[Announcer]:
    """An announcer that follows these, and has announced them."""
    announcer = Announcer(make_scope(**other), PACE)
    announcer.follow(printers)
    await announcer.start()
    try:
        await wait_until(lambda: len(announcer.names) == len(printers))
        yield announcer
    finally:
        await announcer.stop()


class Browser:
    """What a client's list of printers would show."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self.zeroconf = zeroconf
        self.seen: set[tuple[str, str]] = set()
        self.removed: list[tuple[str, str]] = []

    def note(self, zeroconf: object, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        instance = name.partition("._")[0]
        if state_change is ServiceStateChange.Removed:
            self.seen.discard((service_type, instance))
            self.removed.append((service_type, instance))
        else:
            self.seen.add((service_type, instance))

    def kinds(self, instance: str) -> set[str]:
        """The types under which this name is seen."""
        return {kind for kind, name in self.seen if name == instance}

    async def ask(self, instance: str, kind: str = TYPES[0]) -> AsyncServiceInfo:
        """All that is to be known of it; the question goes out on the network."""
        info = AsyncServiceInfo(kind, f"{instance}.{kind}")
        assert await info.async_request(self.zeroconf.zeroconf, 3000)
        return info

    async def txt(self, instance: str, kind: str = TYPES[0]) -> dict[str, str | None]:
        return (await self.ask(instance, kind)).decoded_properties


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser on loopback."""
    zeroconf = AsyncZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)
    browser = Browser(zeroconf)
    service = AsyncServiceBrowser(zeroconf.zeroconf, list(TYPES), handlers=[browser.note])
    try:
        yield browser
    finally:
        await service.async_cancel()
        await zeroconf.async_close()


async def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Until it holds."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)


def uuid_of(digits: str) -> UUID:
    """A uuid that begins so."""
    return UUID(digits.ljust(32, "0"))
