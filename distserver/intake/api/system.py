"""Whether the server can accept a job, and its figures."""

from __future__ import annotations

from flask import Response

import distserver
from distserver.accounts.access import OPERATORS
from distserver.errors import LaterError
from distserver.intake.api.operations import ANYBODY, Call, Messages, operation, roles
from distserver.services import Services
from distserver.store.probe import check_writable
from distwire.api.problem import Health


@operation("GET /healthz", ANYBODY, Messages(answer=Health, fails_alike=True), errors=(503,))
def show_health(call: Call[None, None]) -> Response:
    """Tell whether a job can be accepted: database and spool can be written, groups can be read."""
    reasons = find_obstacles(call.services)
    health = Health(status="unavailable" if reasons else "ok", reasons=reasons, version=distserver.__version__)
    status = 503 if reasons else 200
    return Response(health.model_dump_json(), status=status, content_type="application/json")


@operation("GET /metrics", roles(*OPERATORS), Messages(media="text/plain"))
def show_metrics(call: Call[None, None]) -> Response:
    """Show the server's figures as Prometheus reads them."""
    return Response(call.services.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")


def find_obstacles(services: Services) -> list[str]:
    """Why no job can be accepted just now, a sentence each; empty when one can."""
    reasons = []
    try:
        check_writable(services.database)
    except LaterError as error:
        reasons.append(str(error))
    try:
        services.spool.check_space()
        services.spool.receive(limit=1).drop()
    except LaterError as error:
        reasons.append(str(error))
    except OSError as error:
        reasons.append(f"the spool cannot be written: {error.strerror}")
    folder = services.groups.snapshot().problems
    reasons += [f"the groups cannot be read: {problem.reason}" for problem in folder if not problem.file]
    return reasons


OPERATIONS = (show_health, show_metrics)
