"""The check of the file that says where faxes that come in go."""

from __future__ import annotations

from collections.abc import Iterator

from distserver.cli.finding import Finding, Verdict
from distserver.cli.output import count
from distserver.errors import LaterError, SetupError
from distserver.groups.filewhole import NotRegular
from distserver.groups.index import GroupIndex
from distserver.groups.secrets import Secrets
from distserver.groups.swap import read_settled
from distserver.intake.fax.routes import FaxRoutes, parse_routes
from distserver.settings import Settings

_SUBJECT = "fax-in"


def check_routes(settings: Settings) -> Iterator[Finding]:
    """Its lines are understood, their groups and secrets are there, and some server is asked. Nothing where there is no
    file."""
    path = settings.fax_in_path
    try:
        routes = parse_routes(read_settled(path).data, path.name, settings.country)
    except FileNotFoundError:
        return
    except (LaterError, NotRegular, OSError) as error:
        yield Finding(_SUBJECT, Verdict.WRONG, f"{path} cannot be read: {error}", "see that the server may read it")
        return
    lacks = list(_list_lacks(settings, routes))
    if routes.problems or lacks:
        wrong = bool(lacks) or any(problem.is_error for problem in routes.problems)
        message = "; ".join([*map(str, routes.problems), *lacks])
        yield Finding(_SUBJECT, Verdict.WRONG if wrong else Verdict.NOTE, message, f"mend {path}")
    else:
        told = f"{count(len(routes.hosts), 'server')} and {count(len(routes.routes), 'line')} in {path}"
        yield Finding(_SUBJECT, Verdict.OK, told)


def _list_lacks(settings: Settings, routes: FaxRoutes) -> Iterator[str]:
    """What a fax would have to wait for."""
    if not routes.hosts:
        yield "no server is named: write hylafax://HOST; NAME"
    if not routes.routes:
        yield "no line says who gets what: write *; GROUP"
    if settings.groups_dir.is_dir():
        groups = GroupIndex(settings.groups_dir).snapshot()
        for route in routes.routes:
            found = len(groups.find_all(route.group))
            if found != 1:
                words = "no group" if not found else "more than one group"
                yield f"{settings.fax_in_path.name}:{route.number}: there is {words} '{route.group}'"
    secrets = Secrets(settings.secrets_path)
    for host in routes.hosts:
        for name in filter(None, (host.secret, host.admin)):
            try:
                secrets.resolve(name)
            except SetupError as error:
                yield str(error)
