"""The file of routes, which people edit at any moment: read when it has changed, never half."""

from __future__ import annotations

import logging
from pathlib import Path

from distserver.errors import LaterError
from distserver.groups.filewhole import NotRegular, Signature
from distserver.groups.swap import read_settled
from distserver.intake.fax.routes import FaxRoutes, parse_routes

log = logging.getLogger(__name__)


class RoutesFile:
    """Its last good reading."""

    def __init__(self, path: Path, country: str) -> None:
        self.path = path
        self.routes = FaxRoutes()
        self._country = country
        self._signature: Signature | None = None

    def refresh(self) -> FaxRoutes:
        """Read it anew if it has changed; while somebody writes it, or where it cannot be read, the last reading
        stands. Without the file there are no routes."""
        try:
            signature = Signature.of(self.path.stat())
            if signature != self._signature:
                reading = read_settled(self.path)
                self._take(reading.signature, parse_routes(reading.data, self.path.name, self._country))
        except FileNotFoundError:
            if self._signature is not None:
                self._take(None, FaxRoutes())
        except LaterError:
            log.debug("fax-routes-written", {"file": self.path.name})  # looked at again before long
        except (NotRegular, OSError) as error:
            log.warning("fax-routes-unreadable", {"file": self.path.name, "error": str(error)})
        return self.routes

    def _take(self, signature: Signature | None, routes: FaxRoutes) -> None:
        self._signature, self.routes = signature, routes
        log.info("fax-routes-read", {"file": self.path.name, "lines": len(routes.routes), "servers": len(routes.hosts)})
        for problem in routes.problems:
            log.warning("fax-routes-problem", {"file": problem.file, "line": problem.line, "reason": problem.reason})
