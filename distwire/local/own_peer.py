"""Whether a request to a client's screen on loopback comes from another account of the same machine.

All of them reach the port, and can read the key on the command line of a window's browser before it is used; the system
knows whose each connection is.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's connections (proc(5)): of IPv4, and of IPv6 with those to IPv4 addresses that were made through it."""
_MAPPED = "0000000000000000FFFF0000"
_ENDED = "06"
"""TIME_WAIT: such a connection has no owner any more."""
_LOOKS = 3
"""A table that changes while it is read may leave a line out."""


def is_other_account(environ: Mapping[str, Any]) -> bool:
    """Whether the connection of a request (WSGI's environ) is not this account's. Where the system does not say whose
    it is, as on Windows, and without a connection, it is taken for this account's."""
    if "REMOTE_PORT" not in environ or not _TABLES[0].exists():
        return False
    ends = _write_end(environ["REMOTE_ADDR"], environ["REMOTE_PORT"]), int(environ["SERVER_PORT"])
    for _ in range(_LOOKS):
        owners = set(_find_owners(*ends))
        if owners:
            return owners != {os.geteuid()}
    return True


def _write_end(address: str, port: str) -> str:
    """As it stands in the tables: the octets of the address as the machine's own number, then the port."""
    return f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}:{int(port):04X}"


def _find_owners(near: str, far_port: int) -> Iterator[int]:
    """User ids of the connections from `near` to our port: one, if the tables are as they should be."""
    for table in _TABLES:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[1].removeprefix(_MAPPED) == near and int(fields[2][-4:], 16) == far_port and fields[3] != _ENDED:
                yield int(fields[7])
