"""Scanners to be found: announced in this network (DNS-SD, `_uscan._tcp`, `_uscans._tcp`), and known to SANE."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from zeroconf import ServiceBrowser, ServiceInfo, ServiceListener, Zeroconf

from distwire.scan.faults import ScanError
from distwire.scan.sane.child import ask

_TYPES = {"_uscan._tcp.local.": "http", "_uscans._tcp.local.": "https"}
_SANE_SECONDS = 30.0
_LONGEST_ROOT = 200
_NETWORK_BACKENDS = ("airscan:", "escl:")


def find_scanners(seconds: float) -> list[str]:
    """URIs of what is found in so many seconds; a scanner that is announced both ways is named once, with TLS last."""
    announced = find_announced(seconds)
    try:
        listed = ask(["--formatted-device-list=%d%n"], _SANE_SECONDS)
    except ScanError:  # no scanimage: then SANE knows none
        listed = ""
    return [*announced, *read_device_list(listed.splitlines())]


def find_announced(seconds: float, interfaces: list[str] | None = None) -> list[str]:
    """URIs of announced eSCL scanners; none where there is no network."""
    try:
        zeroconf = Zeroconf(interfaces=interfaces) if interfaces else Zeroconf()
    except OSError:
        return []
    with zeroconf:
        heard = _Ear()
        browser = ServiceBrowser(zeroconf, list(_TYPES), listener=heard)
        time.sleep(seconds)
        browser.cancel()
        infos = [zeroconf.get_service_info(kind, name, 1000) for kind, name in sorted(heard.names)]
    return choose_uris(info for info in infos if info is not None)


def choose_uris(infos: Iterable[ServiceInfo]) -> list[str]:
    """One URI for each scanner: that without TLS where there are both, as scanners' certificates are their own."""
    chosen: dict[str, str] = {}
    for info in infos:
        uri = make_uri(info.type, info.port, info.properties, info.parsed_scoped_addresses())
        if uri is not None:
            chosen.setdefault(info.name.removesuffix(info.type), uri)
    return list(chosen.values())


def make_uri(kind: str, port: int | None, txt: Mapping[bytes, bytes | None], addresses: list[str]) -> str | None:
    """The URI that an announcement stands for (eSCL §4: `rs` is the root of its resources); None for none."""
    usable = sorted((one for one in addresses if "%" not in one), key=lambda one: ":" in one)
    if not usable or not port or kind not in _TYPES:
        return None
    root = quote((txt.get(b"rs") or b"eSCL")[:_LONGEST_ROOT].strip(b"/"), safe="/-._~")
    host = f"[{usable[0]}]" if ":" in usable[0] else usable[0]
    return f"{_TYPES[kind]}://{host}:{port}/{root}"


def read_device_list(lines: Iterable[str]) -> list[str]:
    """`sane:NAME` for each; those that SANE reaches by eSCL are left out, for they are found here directly."""
    names = (line.strip() for line in lines)
    return [f"sane:{name}" for name in names if _is_own(name)]


def _is_own(name: str) -> bool:
    return bool(name) and name.isprintable() and not name.startswith(_NETWORK_BACKENDS)


class _Ear(ServiceListener):
    """Notes what is announced."""

    def __init__(self) -> None:
        self.names: set[tuple[str, str]] = set()

    def add_service(self, _zeroconf: Zeroconf, kind: str, name: str) -> None:
        self.names.add((kind, name))

    def update_service(self, _zeroconf: Zeroconf, kind: str, name: str) -> None:
        self.names.add((kind, name))

    def remove_service(self, _zeroconf: Zeroconf, kind: str, name: str) -> None:
        self.names.discard((kind, name))
