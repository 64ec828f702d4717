"""A whole server with nginx before it, set up as docs/how-to/run-behind-nginx.md says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.group_printers import House, run_house
from tests.support.nginx import HOST, Nginx, choose_ports, run_nginx


@dataclass(frozen=True)
class Site:
    """A server and the proxy before it."""

    house: House
    nginx: Nginx

    @property
    def board(self) -> str:
        """The board's address."""
        return f"https://{HOST}:{self.nginx.ports.tls}"

    def printer(self, group: str, scheme: str = "ipp") -> str:
        """The URI of a group's printer."""
        port = self.nginx.ports.plain if scheme == "ipp" else self.nginx.ports.tls
        return f"{scheme}://{HOST}:{port}/ipp/print/{group}"


@contextmanager
def run_site(folder: Path, **settings: Any) -> Iterator[Site]:
    """Both on free ports for as long as the block runs."""
    ports = choose_ports()
    with run_house(folder / "home", **ports.settings, **settings) as house:
        board = json.loads((house.server.home / "tokens" / "local.json").read_text())["url"]
        with run_nginx(folder / "nginx", ports, urlsplit(board).netloc, house.authority) as nginx:
            yield Site(house, nginx)
