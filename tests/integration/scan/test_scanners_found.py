"""eSCL scanners that announce themselves are found, over loopback alone."""

from __future__ import annotations

import secrets
import socket

from zeroconf import ServiceInfo, Zeroconf

from distwire.scan.discovery import find_announced
from tests.support.patience import wait_until

LOOPBACK = "127.0.0.1"


def _announce(name: str, kind: str, port: int) -> ServiceInfo:
    txt = {"rs": "/eSCL", "ty": "Test Copier 7", "is": "platen,adf", "txtvers": "1"}
    full = f"{name}.{kind}"
    return ServiceInfo(kind, full, port=port, addresses=[socket.inet_aton(LOOPBACK)], properties=txt, server="s.local.")


def test_an_announced_scanner_is_found_once() -> None:
    port = 20000 + secrets.randbelow(9000)
    name = f"複合機 {secrets.token_hex(4)}"
    with Zeroconf(interfaces=[LOOPBACK]) as zeroconf:
        zeroconf.register_service(_announce(name, "_uscan._tcp.local.", port))
        zeroconf.register_service(_announce(name, "_uscans._tcp.local.", port + 1))
        found: list[str] = []

        def look() -> bool:
            found[:] = find_announced(2.0, [LOOPBACK])
            return f"http://{LOOPBACK}:{port}/eSCL" in found

        wait_until(look, lambda: found)
    assert f"https://{LOOPBACK}:{port + 1}/eSCL" not in found
