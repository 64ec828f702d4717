"""A machine on which only those ports are open that docs/reference/ports.md lists: all else is dropped, both ways."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from tests.support.network import Machine
from tests.support.sources import ROOT

_ROW = re.compile(r"^\| (\d+) \| (tcp|udp) \| ([^|]+?) \| [^|]+ \| [^|]+ \| `(\w+)` \|$", re.MULTILINE)
_RULES = """
table inet only {{
  chain incoming {{
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif lo accept
    {incoming}
  }}
  chain outgoing {{
    type filter hook output priority 0; policy drop;
    ct state established,related accept
    oif lo accept
    {outgoing}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Port:
    """A row of the page: who listens, and which setting it is."""

    number: int
    protocol: str
    listens: str
    setting: str


def read_ports() -> list[Port]:
    """All rows of the page."""
    page = (ROOT / "docs/reference/ports.md").read_text(encoding="utf-8")
    return [Port(int(number), kind, listens, setting) for number, kind, listens, setting in _ROW.findall(page)]


def shut(machine: Machine, role: str) -> None:
    """Drop on this machine what is not documented for a `server` or a `device`; it may ask all documented ports. A `pc`
    listens nowhere."""
    ports = [one for one in read_ports() if one.protocol == "tcp" and "loopback" not in one.listens]
    incoming = [f"tcp dport {one.number} accept" for one in ports if one.listens == role]
    outgoing = [f"tcp dport {one.number} accept" for one in ports]
    assert bool(incoming) is (role != "pc")
    rules = _RULES.format(incoming="\n    ".join(incoming), outgoing="\n    ".join(outgoing))
    with machine.entered():
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
